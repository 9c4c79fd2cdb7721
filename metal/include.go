package metal

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"attest.example/attest/metal/plainfile"
)

var includeLine = regexp.MustCompile(`^[ \t]*#[ \t]*(include|import)[ \t]*(["<])([^">]+)[">]`)
var macroName = regexp.MustCompile(`^[\pL_][\pL_\d]*(\([^()\n\r]*\))?$`)
var onceLine = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*pragma[ \t]+once\b`)

// includer puts the files that a text includes into the text: a device takes one text, and may run where the files are
// not. Diagnostics name the files all the same.
type includer struct {
	directories []string
	once        map[string]bool // files that are not wanted again
	open        []string
}

// expand returns the text with the macros defined and the files of the directories in place of their #include lines.
func expand(o *KernelOptions) (string, error) {
	if len(o.Includes) == 0 && len(o.Defines) == 0 {
		return o.Source, nil
	}
	file := o.File
	if file == "" {
		file = "kernel.metal"
	}
	var b strings.Builder
	names := make([]string, 0, len(o.Defines))
	for name := range o.Defines {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !macroName.MatchString(name) || strings.ContainsAny(o.Defines[name], "\n\r") {
			return "", fmt.Errorf("define %q: a name and a value of one line expected: %w", name, ErrInvalidArgs)
		}
		fmt.Fprintf(&b, "#define %s %s\n", name, o.Defines[name])
	}
	fmt.Fprintf(&b, "#line 1 %q\n", file)
	i := &includer{directories: o.Includes, once: map[string]bool{}}
	err := i.write(&b, o.Source, file)
	return b.String(), err
}

func (i *includer) write(b *strings.Builder, text, file string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		m := includeLine.FindStringSubmatch(line)
		if m == nil {
			b.WriteString(line)
			continue
		}
		path := i.find(m[3], m[2] == `"`, file)
		if path == "" {
			b.WriteString(line) // one of MSL's own, or one that the device's compiler does not find either
			continue
		}
		if !i.once[path] && !i.isOpen(path) {
			data, err := plainfile.Read(path, plainfile.MaxText)
			if err != nil {
				return fmt.Errorf("%s:%d: %w: %w", file, n, ErrKernelCompilation, err)
			}
			i.once[path] = m[1] == "import" || onceLine.Match(data)
			i.open = append(i.open, path)
			fmt.Fprintf(b, "#line 1 %q\n", path)
			if err := i.write(b, string(data), path); err != nil {
				return err
			}
			i.open = i.open[:len(i.open)-1]
		}
		fmt.Fprintf(b, "\n#line %d %q\n", n+1, file)
	}
	return nil
}

// isOpen reports whether a file is being included: its guard would leave nothing of it.
func (i *includer) isOpen(path string) bool {
	for _, open := range i.open {
		if open == path {
			return true
		}
	}
	return false
}

func (i *includer) find(name string, quoted bool, from string) string {
	directories := i.directories
	if quoted {
		directories = append([]string{filepath.Dir(from)}, directories...)
	}
	for _, d := range directories {
		path := filepath.Join(d, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
