package msl

import (
	"fmt"
	"regexp"
	"strings"
)

// Our headers declare many collectives by macros, so to find their names these are expanded: function-like macros whose
// text leads to a mark, and no others. Both sides of every #if are read, for the marks are those of all targets.

// headerMacro is a function-like macro.
type headerMacro struct {
	parameters []string
	body       []string
}

// markedMacros are macros by name; one may be defined differently in different headers.
type markedMacros map[string][]headerMacro

var (
	continuedLine = regexp.MustCompile(`\\\n`)
	macroLine     = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)\(([^)\n]*)\)(.*)$`)
)

// wordsOf are the tokens of a header, without directives and comments.
func wordsOf(text string) ([]string, error) {
	tokens, err := tokenize(continuedLine.ReplaceAllString(text, " "), "header")
	if err != nil {
		return nil, err
	}
	words := make([]string, 0, len(tokens))
	for _, t := range tokens {
		if t.text != "" {
			words = append(words, t.text)
		}
	}
	return words, nil
}

// define adds the macros of a header that have the word of a mark, or may lead to one.
func (m markedMacros) define(text string) error {
	for _, match := range macroLine.FindAllStringSubmatch(continuedLine.ReplaceAllString(text, " "), -1) {
		if strings.HasPrefix(match[1], "MSL_COLLECTIVE") || match[1] == "MSL_BUILTIN_OF" || !strings.Contains(match[3], "MSL_") {
			continue
		}
		body, err := wordsOf(match[3])
		if err != nil {
			return fmt.Errorf("macro %s: %w", match[1], err)
		}
		macro := headerMacro{body: body}
		for p := range strings.SplitSeq(match[2], ",") {
			macro.parameters = append(macro.parameters, strings.TrimSpace(p))
		}
		m[match[1]] = append(m[match[1]], macro)
	}
	return nil
}

// keepMarked drops the macros that lead to no mark.
func (m markedMacros) keepMarked() {
	marked := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for name, definitions := range m {
			for _, d := range definitions {
				for _, w := range d.body {
					if !marked[name] && (strings.HasPrefix(w, "MSL_COLLECTIVE") || w == "MSL_BUILTIN_OF" || marked[w]) {
						marked[name], changed = true, true
					}
				}
			}
		}
	}
	for name := range m {
		if !marked[name] {
			delete(m, name)
		}
	}
}

// maxMacroDepth ends the expansion of a macro that calls itself.
const maxMacroDepth = 16

// expand replaces calls of the macros by all that they may stand for.
func (m markedMacros) expand(words []string, depth int) ([]string, error) {
	if depth > maxMacroDepth {
		return nil, fmt.Errorf("macros nest deeper than %d levels", maxMacroDepth)
	}
	var out []string
	for i := 0; i < len(words); i++ {
		end := closing(words, i+1)
		if m[words[i]] == nil || end < 0 {
			out = append(out, words[i])
			continue
		}
		arguments := macroArguments(words[i+2 : end])
		for _, d := range m[words[i]] {
			expanded, err := m.expand(d.fill(arguments), depth+1)
			if err != nil {
				return nil, fmt.Errorf("macro %s: %w", words[i], err)
			}
			out = append(out, expanded...)
		}
		i = end
	}
	return out, nil
}

// fill is the macro's body with its parameters replaced, and joined where ## stands between.
func (d headerMacro) fill(arguments [][]string) []string {
	given := map[string][]string{}
	for n, p := range d.parameters {
		if n < len(arguments) {
			given[p] = arguments[n]
		}
	}
	var out []string
	for i := 0; i < len(d.body); i++ {
		value, isParameter := given[d.body[i]]
		if !isParameter {
			value = d.body[i : i+1]
		}
		switch {
		case d.body[i] == "##":
		case i > 0 && d.body[i-1] == "##" && len(out) > 0 && len(value) > 0:
			out[len(out)-1] += value[0]
			out = append(out, value[1:]...)
		default:
			out = append(out, value...)
		}
	}
	return out
}

// closing is the index of the ) of the ( at open, or -1.
func closing(words []string, open int) int {
	if open >= len(words) || words[open] != "(" {
		return -1
	}
	depth := 0
	for i := open; i < len(words); i++ {
		switch words[i] {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// macroArguments splits at the commas outside parentheses.
func macroArguments(words []string) [][]string {
	arguments := [][]string{nil}
	depth := 0
	for _, w := range words {
		switch {
		case w == "(":
			depth++
		case w == ")":
			depth--
		case w == "," && depth == 0:
			arguments = append(arguments, nil)
			continue
		}
		last := len(arguments) - 1
		arguments[last] = append(arguments[last], w)
	}
	return arguments
}

func isWord(s string) bool { return s != "" && isLetter(s[0]) }
