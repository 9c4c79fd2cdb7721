package wide

import (
	"regexp"
	"strings"
)

// keepNothing takes away, in the text that clang makes before it optimises, what keeps a function out of its callers: noinline and
// optnone, of functions that are called by name and of calls. Metal has no recursion, so all calls can become part of a kernel, and
// only there can lanes be vectors. A function that is not called by name, but handed to an operation, stays as it is: widened code
// calls it once for all lanes.
func keepNothing(text string) string {
	groups := map[string]string{} // attributes with such a word, without it
	for _, m := range attributeGroup.FindAllStringSubmatch(text, -1) {
		if words := keeping.ReplaceAllString(m[2], ""); words != m[2] {
			groups[m[1]] = "{" + words + m[3]
		}
	}
	if len(groups) == 0 {
		return text
	}
	used := map[string]bool{}
	text = rewriteLines(text, func(line string) string {
		if !strings.Contains(line, " #") {
			return line
		}
		m := withAttributes.FindStringSubmatch(line)
		if m == nil || groups[m[4]] == "" || m[2] == "define" && !isCalled(text, m[3]) {
			return line
		}
		used[m[4]] = true
		return m[1] + "#" + keptNothing + m[4] + m[5]
	})
	for _, n := range sortedKeys(used) {
		text += "attributes #" + keptNothing + n + " = " + groups[n] + "\n"
	}
	return text
}

// isCalled reports whether a function is called by its name.
func isCalled(text, name string) bool {
	for rest := text; ; {
		at := strings.Index(rest, "@"+name+"(")
		if at < 0 {
			return false
		}
		if calledByName.MatchString(rest[strings.LastIndexByte(rest[:at], '\n')+1 : at]) {
			return true
		}
		rest = rest[at+1:]
	}
}

// rewriteLines rewrites a text's lines one by one. Most have nothing to rewrite, which is told faster by a look for a word than by a
// regular expression over the whole.
func rewriteLines(text string, rewritten func(line string) string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		end := ""
		if bare, ok := strings.CutSuffix(line, "\n"); ok {
			line, end = bare, "\n"
		}
		b.WriteString(rewritten(line) + end)
	}
	return b.String()
}

const keptNothing = "7000" // begins the number of attributes that clang did not write

const symbol = `@("[^"]*"|[\w.$]+)`

var (
	attributeGroup = regexp.MustCompile(`(?m)^attributes #(\d+) = \{([^"}]*)(.*)$`)
	keeping        = regexp.MustCompile(`\b(?:noinline|optnone) `)
	calledByName   = regexp.MustCompile(`^  (?:%\S+ = )?(?:tail |musttail |notail )?call [^@]*$`) // what stands before the name
	withAttributes = regexp.MustCompile(`^((define|  (?:%\S+ = )?(?:tail |musttail |notail )?call) [^@]*` + symbol + `\(.*\) (?:unnamed_addr |local_unnamed_addr )?)#(\d+)\b(.*)$`)
)
