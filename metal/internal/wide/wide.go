package wide

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"

	"attest.example/attest/metal/internal/sourcedigest"
)

// Helpers is the text of what widened code calls, in C for clang.
//
//go:embed vectors/helpers.c
var Helpers string

// Version of LLVM whose text the package reads.
const Version = 19

// Kernel is what became of one entry point.
type Kernel struct {
	Entry   string // the function: msl_entry_0, ...
	Refused string // why it stays on fibers; "" where it is wide
	Loops   bool   // what the optimiser made of its loops is why: KeepLoops may help
	Note    string // how it came out, in numbers
}

// Result is a module in which entry points are code for whole simdgroups.
type Result struct {
	Text    string
	Kernels []Kernel
}

var entryName = regexp.MustCompile(`^msl_entry_[0-9]+$`)

// Widen widens the entry points of a text. The pointer to one that stays on fibers is null in the module's table. With
// asWithMasks the text is what it would be for AVX-512, whose masks have registers of their own; clang makes instructions of it that
// this processor has. That is for tests.
func Widen(text string, asWithMasks bool) (*Result, error) {
	isEntry := func(name string) bool { return entryName.MatchString(name) }
	m, failed := readModule(text, isEntry)
	m.maskRegisters = m.maskRegisters || asWithMasks
	r := &Result{}
	var body strings.Builder
	declared, functions := map[string]bool{}, map[string]string{}
	attributes := targetAttributes(text)
	for _, name := range entriesOf(text) {
		k := Kernel{Entry: name}
		err := failed[name]
		var w *widened
		for _, f := range m.functions {
			if f.name != name {
				continue
			}
			if !f.asksPosition() {
				w, err = widenSafely(m, f, "#9999")
				continue
			}
			again, _ := readModule(text, func(n string) bool { return n == name })
			again.maskRegisters = m.maskRegisters
			w, err = twice(m, f, again, again.functions[0])
		}
		var r1 *refused
		switch {
		case err == nil && w != nil:
			body.WriteString(w.text)
			k.Note = w.note
			for d := range w.declared {
				declared[d] = true
			}
			for n, f := range w.functions {
				functions[n] = f
			}
		case errors.As(err, &r1):
			k.Refused, k.Loops = r1.why, r1.loops
		default:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r.Kernels = append(r.Kernels, k)
	}
	head := m.head
	for _, k := range r.Kernels {
		if k.Refused != "" {
			head = withoutEntry(head, k.Entry)
		}
	}
	var all strings.Builder
	all.WriteString(head)
	all.WriteString(body.String())
	for _, n := range sortedKeys(functions) {
		all.WriteString(strings.ReplaceAll(functions[n], "ATTRIBUTES", "#9998"))
	}
	for _, d := range sortedKeys(declared) {
		name := d[strings.Index(d, "@"):]
		name = name[:strings.Index(name, "(")+1]
		if !strings.Contains(head, " "+name) || !isDeclared(head, name) {
			all.WriteString(d + "\n")
		}
	}
	fmt.Fprintf(&all, "attributes #9999 = { nounwind \"probe-stack\"=\"inline-asm\" \"prefer-vector-width\"=\"512\" \"min-legal-vector-width\"=\"512\" %s }\n", attributes)
	fmt.Fprintf(&all, "attributes #9998 = { nounwind \"prefer-vector-width\"=\"512\" \"min-legal-vector-width\"=\"512\" %s }\n", attributes)
	r.Text = all.String()
	return r, nil
}

// withoutEntry is a module's head whose table has no pointer to an entry point.
func withoutEntry(head, entry string) string {
	return regexp.MustCompile(`ptr @`+entry+`\b`).ReplaceAllString(head, "ptr null")
}

// OnFibers is what Widen makes of a text all of whose entry points stay on fibers.
func OnFibers(text, why string) *Result {
	m, _ := readModule(text, entryName.MatchString)
	r := &Result{Text: m.head}
	for _, name := range entriesOf(text) {
		r.Text = withoutEntry(r.Text, name)
		r.Kernels = append(r.Kernels, Kernel{Entry: name, Refused: why})
	}
	return r
}

// asksPosition reports whether lanes ask for their positions.
func (f *function) asksPosition() bool {
	for _, b := range f.blocks {
		for _, i := range b.insts {
			if i.op == "call" && i.callee == prefix+"position" {
				return true
			}
		}
	}
	return false
}

// twice widens a kernel whose lanes ask for their positions, for threadgroups of whose rows each simdgroup is a piece, as
// nearly all are, and for others, where it may have lanes of several rows; f and other are two copies of it. What lanes of one
// row compute of y and z is the same for all, and x grows by one from lane to lane.
func twice(m *module, f *function, again *module, other *function) (*widened, error) {
	name := f.name
	f.rows, f.name, other.name = true, name+".rows", name+".any"
	rows, err := widenSafely(m, f, "#9999")
	if err != nil {
		return nil, err
	}
	any, err := widenSafely(again, other, "#9999")
	if err != nil {
		return nil, err
	}
	maps.Copy(rows.declared, any.declared)
	maps.Copy(rows.functions, any.functions)
	rows.text += any.text + fmt.Sprintf("define hidden void @%s(ptr %%l) #9999 {\n  %%rows = call i1 @msl_wide_call_rows(ptr %%l)\n"+
		"  br i1 %%rows, label %%along, label %%across\nalong:\n  call void @\"%s\"(ptr %%l)\n  ret void\n"+
		"across:\n  call void @\"%s\"(ptr %%l)\n  ret void\n}\n", quoteName(name), f.name, other.name)
	rows.note += "; twice, for its lanes ask for their positions"
	return rows, nil
}

// isDeclared reports whether a text declares or defines the function whose name with its bracket is given.
func isDeclared(head, name string) bool {
	for line := range strings.Lines(head) {
		if (strings.HasPrefix(line, "declare ") || strings.HasPrefix(line, "define ")) && strings.Contains(line, " "+name) {
			return true
		}
	}
	return false
}

// widenSafely makes an error of what should not happen, so that the kernel runs on fibers all the same.
func widenSafely(m *module, f *function, attributes string) (w *widened, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = refuse("the vectoriser failed: %v", r)
		}
	}()
	return widen(m, f, attributes)
}

func entriesOf(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "define ") && entryName.MatchString(definedName(line)) {
			names = append(names, definedName(line))
		}
	}
	return names
}

var targetAttribute = regexp.MustCompile(`"(?:target-cpu|target-features|tune-cpu)"="[^"]*"`)

// targetAttributes name the processor that functions are for: those of the first that has them.
func targetAttributes(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "attributes #") && strings.Contains(line, `"target-cpu"`) {
			return strings.Join(targetAttribute.FindAllString(line, -1), " ")
		}
	}
	return ""
}

// declaredAttributes are the functions of msl_wide.h with what LLVM is to know of them. Lanes and marks touch no memory that a
// kernel sees; operations order all of it.
var declaredAttributes = map[string]string{
	"self": "nounwind willreturn memory(none)", "lane": "nounwind willreturn memory(none)",
	"enter": mark, "turn": mark, "leave": mark,
	"multiply":   "convergent nomerge nounwind willreturn memory(none)",
	"tile_load":  "nounwind willreturn memory(argmem: read)",
	"tile_store": "nounwind willreturn memory(argmem: write)",
	"position":   "nounwind willreturn memory(none)",
	"variable":   "nounwind willreturn memory(inaccessiblemem: readwrite)",
}

const mark = "convergent nomerge nounwind memory(inaccessiblemem: readwrite)"

var (
	declaration = regexp.MustCompile(`^(declare .*@msl_wide_(\w+)\(.*\)) #\d+`)
	calls       = regexp.MustCompile(`(call .*@msl_wide_(?:self|lane|enter|turn|leave|multiply|tile_load|tile_store|variable|position)\(.*\)) #\d+`)
)

// Prepare tells LLVM, in the text that clang makes before it optimises, what it may suppose of the functions of msl_wide.h,
// passes structs as words, and keeps no call.
func Prepare(text string) string {
	text = keepNothing(inWords(text))
	return rewriteLines(text, func(line string) string {
		if !strings.Contains(line, "@"+prefix) {
			return line
		}
		line = declaration.ReplaceAllStringFunc(line, func(s string) string {
			m := declaration.FindStringSubmatch(s)
			attributes := declaredAttributes[m[2]]
			if attributes == "" {
				attributes = "convergent nomerge nounwind"
			}
			return m[1] + " " + attributes
		})
		return calls.ReplaceAllString(line, "$1")
	})
}

// own is the package's text: what it writes depends on it.
//
//go:embed *.go vectors
var own embed.FS

// Digest names the version of this package.
var Digest = sync.OnceValue(func() string { return sourcedigest.Of(own) })
