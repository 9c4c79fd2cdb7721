package msl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"attest.example/attest/metal/plainfile"
)

var includeLine = regexp.MustCompile(`^[ \t]*(?:#|%:|\?\?=)[ \t]*(include|include_next|import|embed)[ \t]*(?:"([^"]+)"|<([^>]+)>)?`)

// checkIncludes looks at what a text includes before clang opens it: regular files only. Opening a FIFO may wait for ever,
// and a device may never end. A name that a macro makes is not seen here; the compiler's deadline ends what comes of it.
func checkIncludes(p *Program, directories []string) error {
	seen := map[string]bool{}
	return checkIncludesOf(p.unmarked(), p.fileName(), ".", directories, seen)
}

func checkIncludesOf(source, file, own string, directories []string, seen map[string]bool) error {
	if !strings.Contains(source, "include") && !strings.Contains(source, "import") && !strings.Contains(source, "embed") {
		return nil
	}
	number := 0
	for line := range strings.Lines(source) {
		number++
		m := includeLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		refuse := func(format string, args ...any) error {
			return &SyntaxError{file, number, 1, fmt.Sprintf(format, args...)}
		}
		if m[1] == "embed" {
			return refuse("MSL has no #embed")
		}
		searched := directories
		name := m[3]
		if m[2] != "" {
			name, searched = m[2], append([]string{own}, directories...)
		}
		if name == "" {
			continue
		}
		path := findIncluded(name, searched)
		if path == "" || seen[path] {
			continue // clang says that there is none
		}
		seen[path] = true
		data, err := plainfile.Read(path, maxTextBytes)
		if errors.Is(err, fs.ErrPermission) {
			continue // clang's to say
		}
		if err != nil {
			return refuse("%v", err)
		}
		if err := checkIncludesOf(string(data), path, filepath.Dir(path), directories, seen); err != nil {
			return err
		}
	}
	return nil
}

// findIncluded is the first file of that name, as clang searches; empty: there is none.
func findIncluded(name string, directories []string) string {
	if filepath.IsAbs(name) {
		directories = []string{""}
	}
	for _, directory := range directories {
		path := filepath.Join(directory, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}
