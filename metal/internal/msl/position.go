package msl

import (
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Clang sees the rewritten text, and the rewriter the preprocessed one: both keep the lines, neither the columns. A
// place is told of the text as its author has it: the token that clang means is found again in the rewritten text, and
// that token in the line of the source.

// place puts the places of the author's text into a compiler's error; other errors stay as they are.
func (u *unit) place(err error) error {
	errs, ok := err.(*CompileError)
	if !ok || errs.placed {
		return err
	}
	return &CompileError{Function: errs.Function, Diagnostics: u.places(errs.Diagnostics), placed: true}
}

func (u *unit) places(diagnostics []Diagnostic) []Diagnostic {
	var placed []Diagnostic
	written := u.writtenTokens()
	sources := map[string][]token{}
	for _, d := range diagnostics {
		if n, ok := entryOf(d.File); ok && n < len(u.entries) {
			d.File, d.Line, d.Column = u.entries[n].file, u.entries[n].line, 1
		} else if i, text := written.find(d.File, d.Line, d.Column); i >= 0 {
			d.Column = u.sourceColumn(u.sameText(i, text), sources)
		}
		if slices.Contains(placed, d) {
			continue // of what the rewriter wrote twice
		}
		placed = append(placed, d)
	}
	return placed
}

// placed puts the columns of the author's text into errors of the rewriter itself.
func (u *unit) placed(err error) error {
	if joined, several := err.(interface{ Unwrap() []error }); several {
		for _, e := range joined.Unwrap() {
			u.placed(e)
		}
	}
	if syntax, ok := err.(*SyntaxError); ok {
		u.placeSyntax(syntax)
	}
	return err
}

func (u *unit) placeSyntax(e *SyntaxError) {
	for i := range u.tokens {
		if t := &u.tokens[i]; t.line == e.Line && t.column == e.Column && t.file == e.File {
			e.Column = u.sourceColumn(i, map[string][]token{})
			return
		}
	}
}

// writtenText is the rewritten text as tokens, and where in it each token of the unit begins.
type writtenText struct {
	tokens []token
	starts []int
}

func (u *unit) writtenTokens() writtenText {
	var b strings.Builder
	starts := make([]int, len(u.tokens))
	for i := range u.tokens {
		t := &u.tokens[i]
		b.WriteString(withoutMetalPragmas(t.space, u.traits.unrolls))
		starts[i] = b.Len()
		b.WriteString(t.before)
		b.WriteString(t.text)
		b.WriteString(t.after)
	}
	tokens, err := tokenize(b.String(), u.program.fileName())
	if err != nil {
		return writtenText{}
	}
	return writtenText{tokens, starts}
}

// find returns the index of the unit's token that was written at a place, or -1, and what stands there.
func (w writtenText) find(file string, line, column int) (int, string) {
	best := -1
	for i := range w.tokens {
		if t := &w.tokens[i]; t.line == line && t.column <= column && t.file == file {
			best = i
		}
	}
	if best < 0 {
		return -1, ""
	}
	offset := w.tokens[best].offset
	return sort.Search(len(w.starts), func(i int) bool { return w.starts[i] > offset }) - 1, w.tokens[best].text
}

// sameText is the token nearest to token i on its line that reads as text: what the rewriter wrote beside a token is most
// often a copy of another.
func (u *unit) sameText(i int, text string) int {
	t := &u.tokens[i]
	if t.text == text || text == "" {
		return i
	}
	for step := 1; step < 400; step++ {
		for _, j := range []int{i + step, i - step} {
			if j >= 0 && j < len(u.tokens) && u.tokens[j].line == t.line && u.tokens[j].file == t.file && u.tokens[j].original == text {
				return j
			}
		}
	}
	return i
}

// sourceColumn is the column of token i in the author's line; where a macro made it, that of the macro's name.
func (u *unit) sourceColumn(i int, sources map[string][]token) int {
	t := &u.tokens[i]
	if _, known := sources[t.file]; !known {
		sources[t.file] = u.program.sourceTokens(t.file)
	}
	source := onLine(sources[t.file], t)
	if len(source) == 0 {
		return t.column
	}
	first := i
	for first > 0 && u.tokens[first-1].line == t.line && u.tokens[first-1].file == t.file {
		first--
	}
	var made []token
	for j := first; j <= i || j < len(u.tokens) && u.tokens[j].line == t.line && u.tokens[j].file == t.file; j++ {
		made = append(made, u.tokens[j])
	}
	matches := align(made, source)
	at := i - first
	if matches[at] >= 0 {
		return source[matches[at]].column
	}
	for k := len(source) - 1; k >= 0; k-- { // a macro's argument that the macro names twice
		if source[k].text == t.original {
			return source[k].column
		}
	}
	for k := at - 1; k >= 0; k-- {
		if matches[k] >= 0 {
			return source[min(matches[k]+1, len(source)-1)].column
		}
	}
	return source[0].column
}

func onLine(tokens []token, t *token) []token {
	from := sort.Search(len(tokens), func(i int) bool { return tokens[i].line >= t.line })
	to := sort.Search(len(tokens), func(i int) bool { return tokens[i].line > t.line })
	return tokens[from:to]
}

// sourceTokens are the tokens of a file as its author has it; none where it cannot be read any more.
func (p *Program) sourceTokens(file string) []token {
	text := p.Source
	if file != p.fileName() {
		var ok bool
		if text, ok = p.Files[filepath.ToSlash(file)]; !ok {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil
			}
			text = string(data)
		}
	}
	l := &lexer{source: text, line: 1, raw: true}
	tokens, err := l.all()
	if err != nil {
		return nil
	}
	return tokens[:len(tokens)-1]
}

// maxAligned bounds the work of aligning one line.
const maxAligned = 1 << 20

// align finds for each token of made the one of source that it is, or -1: the longest common subsequence.
func align(made, source []token) []int {
	matches := make([]int, len(made))
	for i := range matches {
		matches[i] = -1
	}
	n, m := len(made), len(source)
	if n*m > maxAligned {
		return matches
	}
	// longest[i*(m+1)+j] is of made[i:] and source[j:].
	longest := make([]int32, (n+1)*(m+1))
	text := func(t *token) string {
		if t.original != "" {
			return t.original
		}
		return t.text
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if text(&made[i]) == source[j].text {
				longest[i*(m+1)+j] = longest[(i+1)*(m+1)+j+1] + 1
			} else {
				longest[i*(m+1)+j] = max(longest[(i+1)*(m+1)+j], longest[i*(m+1)+j+1])
			}
		}
	}
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case text(&made[i]) == source[j].text:
			matches[i] = j
			i, j = i+1, j+1
		case longest[(i+1)*(m+1)+j] >= longest[i*(m+1)+j+1]:
			i++
		default:
			j++
		}
	}
	return matches
}
