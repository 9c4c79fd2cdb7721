package msl

import (
	"fmt"
	"strings"
)

// unit is a tokenized text under rewriting. Its tokens never move, so an index stays good; rewriting changes what a
// token writes.
type unit struct {
	tokens       []token
	declarations []declaration
	templates    map[string]bool // the names of those that the text declares

	program     *Program
	constants   []*functionConstant
	kernels     []*kernelFunction
	entries     []entryPoint
	swizzles    string    // the macros that our headers are to see
	skipped     []Skipped // kernels that a build of the whole text leaves out
	named       map[string]string
	structNames map[string]bool
	primaries   map[string]bool // structs that the text has without template arguments

	traits        traits
	collectives   *collectives
	initialValues bool // threadgroup variables have some
	paths         int  // how many entries a lane's path has at most; 0: there are no operations
}

// parse tokenizes a program's preprocessed text, pairs its brackets and finds its declarations.
func parse(preprocessed string, p *Program) (*unit, error) {
	tokens, err := tokenize(preprocessed, p.fileName())
	if err != nil {
		return nil, err
	}
	u := &unit{tokens: tokens, program: p}
	if err := u.pairBrackets(); err != nil {
		return nil, err
	}
	u.dropWords()
	u.plainStructs()
	u.findTemplates()
	u.nameFunctionTypes()
	u.findDeclarations(0, len(u.tokens)-1, scope{})
	return u, nil
}

func (u *unit) fail(i int, format string, args ...any) error {
	t := &u.tokens[i]
	return &SyntaxError{t.file, t.line, t.column, fmt.Sprintf(format, args...)}
}

// maxNesting bounds how deep brackets nest, so that a recursive walk over them ends early enough.
const maxNesting = 400

func (u *unit) pairBrackets() error {
	closes := map[string]string{"(": ")", "[": "]", "{": "}"}
	var open []int
	for i := range u.tokens {
		t := &u.tokens[i]
		if t.kind != punctuation {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			if len(open) == maxNesting {
				return u.fail(i, "brackets nest deeper than %d levels", maxNesting)
			}
			open = append(open, i)
		case ")", "]", "}":
			if len(open) == 0 {
				return u.fail(i, "%q closes nothing", t.text)
			}
			last := open[len(open)-1]
			if closes[u.tokens[last].text] != t.text {
				return u.fail(i, "%q does not close the %q of line %d", t.text, u.tokens[last].text, u.tokens[last].line)
			}
			u.tokens[last].pair, t.pair = i, last
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return u.fail(open[len(open)-1], "this %q is not closed", u.tokens[open[len(open)-1]].text)
	}
	return nil
}

// is reports whether token i reads as s; out of range it does not.
func (u *unit) is(i int, s string) bool {
	return i >= 0 && i < len(u.tokens) && u.tokens[i].text == s && u.tokens[i].kind != text
}

func (u *unit) isOneOf(i int, words ...string) bool {
	for _, w := range words {
		if u.is(i, w) {
			return true
		}
	}
	return false
}

// isOneOfIn reports whether tokens [from, to) hold one of the words.
func (u *unit) isOneOfIn(from, to int, words ...string) bool {
	for i := from; i < to; i++ {
		if u.isOneOf(i, words...) {
			return true
		}
	}
	return false
}

func (u *unit) isIdentifier(i int) bool {
	return i >= 0 && i < len(u.tokens) && u.tokens[i].kind == identifier && u.tokens[i].text != ""
}

// isAttribute reports whether [[ begins at token i.
func (u *unit) isAttribute(i int) bool {
	if !u.is(i, "[") || !u.is(i+1, "[") || u.tokens[i+1].space != "" {
		return false
	}
	return u.tokens[i].pair == u.tokens[i+1].pair+1
}

// source returns the text of tokens [from, to) as it was, on one line.
func (u *unit) source(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		if i > from && u.tokens[i].space != "" {
			b.WriteByte(' ')
		}
		b.WriteString(u.tokens[i].text)
	}
	return b.String()
}

// rewritten returns the text of tokens [from, to) as it will be written, on one line.
func (u *unit) rewritten(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		if i > from && t.space != "" {
			b.WriteByte(' ')
		}
		b.WriteString(u.written(i))
	}
	return b.String()
}

// written returns token i as it will be written, its address space named.
func (u *unit) written(i int) string {
	t := &u.tokens[i]
	word := t.text
	if name, ok := addressSpaces[word]; ok && t.kind == identifier {
		word = name
	}
	return t.before + word + t.after
}

// erase takes tokens [from, to) out of the text, but leaves the line breaks. Pragmas between them go too: one that stands in a
// function's body means nothing where there is no body any more, or is an error.
func (u *unit) erase(from, to int) {
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		t.before, t.text, t.after = "", "", ""
		if i > from {
			t.space = withoutPragmas(t.space, func([]string) bool { return true })
		}
	}
}

// blank takes tokens [from, to) out of the text, but leaves what was put around them.
func (u *unit) blank(from, to int) {
	for i := from; i < to; i++ {
		u.tokens[i].text = ""
	}
}

// split cuts tokens [from, to) at the commas of its own level, angle brackets counted as brackets.
func (u *unit) split(from, to int) [][2]int {
	var parts [][2]int
	start := from
	for i := from; i < to; i++ {
		switch t := &u.tokens[i]; {
		case t.pair > i:
			i = t.pair
		case t.text == "<" && i > from && u.isIdentifier(i-1):
			if end := u.closingAngle(i); end >= 0 && end < to {
				i = end
			}
		case t.text == "," && t.kind == punctuation:
			parts = append(parts, [2]int{start, i})
			start = i + 1
		}
	}
	if start < to {
		parts = append(parts, [2]int{start, to})
	}
	return parts
}

// String writes the text out.
func (u *unit) String() string {
	var b strings.Builder
	for i := range u.tokens {
		t := &u.tokens[i]
		b.WriteString(withoutMetalPragmas(t.space, u.traits.unrolls))
		b.WriteString(t.before)
		b.WriteString(t.text)
		b.WriteString(t.after)
	}
	return b.String()
}

// withoutMetalPragmas empties the lines of pragmas that speak to a GPU's compiler: #pragma METAL, and those that ask for
// loops to be unrolled, which saves registers there. On a processor the unrolled text takes three times as long to compile
// and runs no faster; what a loop computes does not depend on it. Where unrolls is set those stay.
func withoutMetalPragmas(space string, unrolls bool) string {
	return withoutPragmas(space, func(words []string) bool { return words[0] == "METAL" || !unrolls && forGPU(words) })
}

// withoutPragmas empties the lines of those pragmas that are to go, by their words.
func withoutPragmas(space string, goes func(words []string) bool) string {
	if !strings.Contains(space, "pragma") {
		return space
	}
	lines := strings.Split(space, "\n")
	for i, line := range lines {
		fields := strings.Fields(strings.Replace(line, "#", "# ", 1))
		if len(fields) >= 3 && fields[0] == "#" && fields[1] == "pragma" && goes(fields[2:]) {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

func forGPU(words []string) bool {
	switch words[0] {
	case "nounroll":
		return true
	case "clang":
		return len(words) > 2 && words[1] == "loop" && strings.HasPrefix(words[2], "unroll")
	}
	return strings.HasPrefix(words[0], "unroll")
}
