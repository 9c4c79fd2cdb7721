package wide

import "regexp"

// KeepLoops tells LLVM, in the text that clang makes before it optimises, to leave the loops of some entry points as they are: turns
// that are written one after the other, or one of them in front, share the way out, and an operation there is of no one turn any
// more. A function that is to be short has no turn written twice.
func KeepLoops(text string, entries []string) string {
	for _, name := range entries {
		text = regexp.MustCompile(`(?m)^(define .* @`+name+`\(.*\)(?: local_unnamed_addr| unnamed_addr)?) `).ReplaceAllString(text, "$1 optsize ")
	}
	return text
}
