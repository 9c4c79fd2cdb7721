package wide

import (
	"fmt"
	"strconv"
	"strings"
)

// refused is why a kernel stays on fibers.
type refused struct {
	why   string
	loops bool // what the optimiser made of loops is why
}

func (r *refused) Error() string { return r.why }

func refuse(format string, arguments ...any) error {
	return &refused{why: fmt.Sprintf(format, arguments...)}
}

// refuseLoops refuses what the optimiser has made of a kernel's loops.
func refuseLoops(why string) error { return &refused{why, true} }

// readModule reads a text of LLVM 19. Functions that wanted names are read whole; what is not understood in one of them
// is its error, by name. The others, and all that is no function, stay text.
func readModule(text string, wanted func(name string) bool) (*module, map[string]error) {
	m := &module{structs: map[string]string{}}
	failed := map[string]error{}
	var head strings.Builder
	lines := strings.Split(text, "\n")
	for n := 0; n < len(lines); n++ {
		line := lines[n]
		if strings.HasPrefix(line, "%") {
			if name, body, ok := strings.Cut(line, " = type "); ok {
				m.structs[name] = body
			}
		}
		if !strings.HasPrefix(line, "define ") {
			head.WriteString(line + "\n")
			continue
		}
		end := n
		for end < len(lines) && lines[end] != "}" {
			end++
		}
		name := definedName(line)
		if !wanted(name) || end == len(lines) {
			for ; n <= end && n < len(lines); n++ {
				head.WriteString(lines[n] + "\n")
			}
			n--
			continue
		}
		f, err := readFunction(name, line, lines[n+1:end])
		if err != nil {
			failed[name] = err
		} else {
			m.functions = append(m.functions, f)
		}
		n = end
	}
	m.head = head.String()
	m.x86, m.maskRegisters = forX86(m.head), strings.Contains(targetAttributes(m.head), "+avx512f")
	return m, failed
}

// definedName is the name of the function that a line begins.
func definedName(line string) string {
	_, rest, _ := strings.Cut(line, "@")
	if strings.HasPrefix(rest, `"`) {
		name, _, _ := strings.Cut(rest[1:], `"`)
		return name
	}
	name, _, _ := strings.Cut(rest, "(")
	return name
}

func readFunction(name, first string, lines []string) (*function, error) {
	f := &function{name: name}
	_, rest, _ := strings.Cut(first, "@")
	l := &line{rest: rest[strings.Index(rest, "("):]}
	l.expect("(")
	unnamed := 0
	for !l.take(")") {
		if l.typ() != "ptr" {
			return nil, refuse("a parameter that is no pointer: %s", first)
		}
		l.attributes()
		p := l.word()
		if !strings.HasPrefix(p, "%") {
			return nil, refuse("a parameter without a name: %s", first)
		}
		f.params = append(f.params, p)
		unnamed++
		l.take(",")
	}
	vectors := assembled{}
	current := &block{name: strconv.Itoa(unnamed)} // what LLVM calls a first block without a name
	for n := 0; n < len(lines); n++ {
		text := lines[n]
		if text == "" || strings.HasPrefix(strings.TrimSpace(text), ";") {
			continue
		}
		if !strings.HasPrefix(text, " ") {
			label, _, ok := strings.Cut(text, ":")
			if !ok {
				return nil, refuse("a line that is no instruction: %s", text)
			}
			if len(current.insts) > 0 {
				f.blocks = append(f.blocks, current)
			}
			current = &block{name: unquoted(strings.TrimSpace(label))}
			continue
		}
		if strings.HasSuffix(text, "[") { // a switch takes a line for each of its cases
			for !strings.HasPrefix(strings.TrimSpace(lines[n]), "]") && n+1 < len(lines) { // behind it may stand metadata
				n++
				text += " " + strings.TrimSpace(lines[n])
			}
		}
		for _, text := range vectors.apart(strings.TrimSpace(text)) {
			i, err := readInst(text)
			if err != nil {
				return nil, err
			}
			if i != nil {
				current.insts = append(current.insts, i)
			}
		}
	}
	f.blocks = append(f.blocks, current)
	if err := vectors.check(f); err != nil {
		return nil, err
	}
	return f, f.connect()
}

// connect fills in the blocks' neighbours.
func (f *function) connect() error {
	byName := map[string]*block{}
	for _, b := range f.blocks {
		if len(b.insts) == 0 || kindOf(b.end().op) != control {
			return refuse("block %s has no end", b.name)
		}
		byName[b.name] = b
		b.preds, b.succs = nil, nil
	}
	for _, b := range f.blocks {
		seen := map[string]bool{}
		for _, label := range b.end().labels {
			to := byName[label]
			if to == nil {
				return refuse("a branch to %s, which is not there", label)
			}
			if !seen[label] {
				seen[label] = true
				b.succs = append(b.succs, to)
				to.preds = append(to.preds, b)
			}
		}
	}
	return nil
}
