package msl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Diagnostic is one message of the compiler about a place in the kernel's text.
type Diagnostic struct {
	File     string
	Line     int
	Column   int
	Severity string // "error", "warning" or "note"
	Message  string
}

func (d Diagnostic) String() string {
	if d.File == "" {
		return d.Severity + ": " + d.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", d.File, d.Line, d.Column, d.Severity, d.Message)
}

// CompileError is why a text did not compile. Its text is a line per diagnostic, errors first among equals.
type CompileError struct {
	Function    string
	Diagnostics []Diagnostic
	placed      bool // columns are the author's already
}

func (e *CompileError) Error() string {
	lines := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

var diagnosticLine = regexp.MustCompile(`^(.*?):(\d+):(?:(\d+):)? (fatal error|error|warning|note): (.*)$`)

var includedFrom = regexp.MustCompile(`^(?:In file included|                ) from (.*?):(\d+)[:,]$`)

// parseDiagnostics reads what clang wrote. A message about a place in our own headers is told of the place in the
// kernel's text that led there, which a note of clang names.
func parseDiagnostics(output, headers string) []Diagnostic {
	var all []Diagnostic
	var includer *Diagnostic // the innermost place outside our headers that includes what comes next
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if m := includedFrom.FindStringSubmatch(line); m != nil {
			if !strings.HasPrefix(m[1], headers) && !strings.HasSuffix(m[1], "<stdin>") {
				includer = &Diagnostic{File: m[1], Column: 1}
				includer.Line, _ = strconv.Atoi(m[2])
			}
			continue
		}
		if m := diagnosticLine.FindStringSubmatch(line); m != nil {
			d := Diagnostic{File: m[1], Severity: strings.TrimPrefix(m[4], "fatal "), Message: renamed(m[5])}
			d.Line, _ = strconv.Atoi(m[2])
			d.Column, _ = strconv.Atoi(m[3])
			if includer != nil && strings.HasPrefix(d.File, headers) && m[4] != "note" {
				d.File, d.Line, d.Column = includer.File, includer.Line, includer.Column
			}
			includer = nil
			all = append(all, d)
		} else if rest, ok := strings.CutPrefix(line, "error: "); ok {
			all = append(all, Diagnostic{Severity: "error", Message: renamed(rest)})
		}
	}
	for i := range all {
		if all[i].Severity != "note" && strings.HasPrefix(all[i].File, headers) {
			all[i].moveOut(all[i+1:], headers)
		}
	}
	hintBFloat(all)
	sayConversions(all)
	kept := all[:0]
	for _, d := range all {
		if strings.HasPrefix(d.File, headers) && (d.Severity == "note" || len(kept) > 0 && d.Severity == "error") {
			continue // an error there that no place of the text led to follows from the one before it
		}
		kept = append(kept, d)
	}
	return kept
}

// moveOut places a message about our headers where the first of its notes is that is about the text.
func (d *Diagnostic) moveOut(following []Diagnostic, headers string) {
	for _, note := range following {
		switch {
		case note.Severity != "note":
			return
		case !strings.HasPrefix(note.File, headers):
			d.File, d.Line, d.Column = note.File, note.Line, note.Column
			return
		}
	}
}

var openclWords = strings.NewReplacer(
	"const __constant", "constant", "__generic ", "", "__global", "device", "__local", "threadgroup", "__constant", "constant", "__private", "thread")

// renamed puts clang's message, which is in OpenCL's words, into MSL's.
func renamed(message string) string { return openclWords.Replace(message) }
