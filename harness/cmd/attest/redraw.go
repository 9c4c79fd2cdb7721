package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// redraw shows a text that changes, in place on a terminal.
type redraw struct {
	w    io.Writer
	size func() (columns, rows int)
	last []string // lines as they were drawn; none: below whatever is there
}

// newRedraw is nil where out is no terminal: then nothing may be moved.
func newRedraw(out io.Writer) *redraw {
	file, isFile := out.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &redraw{w: out, size: func() (int, int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil || columns <= 0 || rows <= 0 { // a terminal that does not know, such as a serial line
			return 80, 24
		}
		return columns, rows
	}}
}

// draw puts the text where the one before it is. A terminal that has become narrower since has broken the old lines itself,
// so that they have more rows than were written.
func (r *redraw) draw(text string) {
	columns, rows := r.size()
	up := 0
	for _, line := range r.last {
		up += max(1, (runewidth.StringWidth(line)+columns-1)/columns)
	}
	r.last = fit(text, columns, rows)
	var b strings.Builder
	if up = min(up, rows-1); up > 0 { // there is no way to what has left the screen
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", up)
	}
	for _, line := range r.last {
		b.WriteString(line + "\n")
	}
	_, _ = io.WriteString(r.w, b.String())
}

// indent is before what did not fit on its line.
const indent = "    "

// fit breaks the lines of a text at spaces, so that none is wider than the terminal, and leaves out what is below its last row.
func fit(text string, columns, rows int) []string {
	var list []string
	for line := range strings.Lines(text) {
		rest, before := strings.TrimSuffix(line, "\n"), ""
		for runewidth.StringWidth(before+rest) > columns {
			room := max(columns-runewidth.StringWidth(before), 1)
			head := runewidth.Truncate(rest, room, "")
			if head == "" { // one wide letter on the narrowest of terminals
				head = rest[:len(string([]rune(rest)[:1]))]
			}
			at := strings.LastIndexByte(head, ' ')
			if strings.HasPrefix(rest[len(head):], " ") {
				at = len(head)
			}
			if strings.TrimSpace(head[:max(at, 0)]) == "" {
				at = len(head) // one long word
			}
			list = append(list, before+head[:min(at, len(head))])
			rest = strings.TrimLeft(rest[at:], " ")
			before = indent[:min(len(indent), columns/8)]
		}
		list = append(list, before+rest)
	}
	if most := max(rows-1, 1); len(list) > most { // the cursor stands on the row below
		more := len(list) - most + 1
		list = append(list[:most-1], runewidth.Truncate(fmt.Sprintf("%d more lines; a higher terminal shows them", more), columns, ""))
	}
	return list
}
