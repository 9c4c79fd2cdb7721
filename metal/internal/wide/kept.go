package wide

import "regexp"

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
	called := map[string]bool{}
	for _, m := range calledByName.FindAllStringSubmatch(text, -1) {
		called[m[1]] = true
	}
	used := map[string]bool{}
	text = withAttributes.ReplaceAllStringFunc(text, func(line string) string {
		m := withAttributes.FindStringSubmatch(line)
		if groups[m[4]] == "" || m[2] == "define" && !called[m[3]] {
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

const keptNothing = "7000" // begins the number of attributes that clang did not write

const symbol = `@("[^"]*"|[\w.$]+)`

var (
	attributeGroup = regexp.MustCompile(`(?m)^attributes #(\d+) = \{([^"}]*)(.*)$`)
	keeping        = regexp.MustCompile(`\b(?:noinline|optnone) `)
	calledByName   = regexp.MustCompile(`(?m)^  (?:%\S+ = )?(?:tail |musttail |notail )?call [^@\n]*` + symbol + `\(`)
	withAttributes = regexp.MustCompile(`(?m)^((define|  (?:%\S+ = )?(?:tail |musttail |notail )?call) [^@\n]*` + symbol + `\(.*\) (?:unnamed_addr |local_unnamed_addr )?)#(\d+)\b(.*)$`)
)
