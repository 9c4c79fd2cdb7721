package record

import (
	"regexp"
	"strings"
	"unicode"
)

// Most of a process's words that a result keeps; the run's log has all that was captured.
const (
	tailLines = 12
	tailBytes = 2 << 10
)

// dumpStart is where the runtime of Go begins to tell how a program ended.
var dumpStart = regexp.MustCompile(`(?m)^(SIG[A-Z0-9]+: |panic: |fatal error: |runtime: |unexpected fault address |goroutine \d+ \[)`)

// Printable keeps what a terminal shows and takes away what it obeys: a process's words are shown to people, and must not
// clear their screen.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// Tail is the end of what a process wrote, a few lines, without a dump of its stacks.
func Tail(text string) string {
	if at := dumpStart.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	text = strings.TrimRight(text, "\r\n \t")
	cut := false
	if len(text) > tailBytes {
		text, cut = text[len(text)-tailBytes:], true
	}
	lines := strings.Split(text, "\n")
	if len(lines) > tailLines {
		lines, cut = lines[len(lines)-tailLines:], true
	}
	text = Printable(strings.Join(lines, "\n"))
	if cut {
		return "[...]\n" + text
	}
	return text
}
