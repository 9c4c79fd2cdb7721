package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
)

// screen is a terminal that knows what redraw writes: letters, ends of lines, up, and erase to the end. Lines that are too
// long are broken by it, again whenever its width changes, and its cursor does not leave it at the top.
type screen struct {
	columns, rows int
	lines         []string // as they were written; the cursor is behind the last
}

var sequence = regexp.MustCompile(`^\x1b\[(\d*)([AJ])`)

// physical is what is seen: rows, each of which is at most columns wide, without the empty one where the cursor is.
func (s *screen) physical() []string {
	var list []string
	for _, line := range s.lines {
		for runewidth.StringWidth(line) > s.columns {
			head := runewidth.Truncate(line, s.columns, "")
			list, line = append(list, head), line[len(head):]
		}
		list = append(list, line)
	}
	return list
}

func (s *screen) Write(data []byte) (int, error) {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	for text != "" {
		if m := sequence.FindStringSubmatch(text); m != nil {
			text = text[len(m[0]):]
			if m[2] == "A" {
				n, err := strconv.Atoi(m[1])
				if err != nil {
					return 0, err
				}
				seen := s.physical()
				s.lines = seen[:max(len(seen)-min(n, s.rows-1), 0)] // what is below is erased next
			}
			continue
		}
		if text[0] == '\x1b' {
			return 0, fmt.Errorf("a sequence that no terminal was asked for: %.20q", text)
		}
		line, rest, ended := strings.Cut(text, "\n")
		if !ended {
			return 0, fmt.Errorf("a line without an end: %q", line)
		}
		s.lines, text = append(s.lines, line), rest
	}
	return len(data), nil
}

// words of a text, so that it can be held against one that is broken elsewhere.
func words(lines ...string) string {
	return strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
}

// A text is drawn in place, whatever happens to the terminal's width between two drawings.
func TestRedrawFitsAndResizes(t *testing.T) {
	s := &screen{columns: 80, rows: 24}
	r := &redraw{w: s, size: func() (int, int) { return s.columns, s.rows }}
	if _, err := s.Write([]byte("$ attest campaign status --watch\n")); err != nil {
		t.Fatal(err)
	}
	for i, columns := range []int{80, 80, 40, 120, 30, 200, 9, 80} {
		s.columns = columns
		text := fmt.Sprintf("night  host?math=fast: %d of 1000000 cases, %d passed, 0 failed, 3 inconclusive, 12.1 cases/s; 7 waiting, 2 at work\n"+
			"2 workers\n  a-machine-with-a-long-name.example.org-123456: host naive, %d cases\n  日本語の機械: naive\n", i, i, i)
		r.draw(text)
		if r.last == nil {
			t.Fatal("nothing was drawn")
		}
		for _, line := range r.last {
			if runewidth.StringWidth(line) > columns {
				t.Errorf("%d columns: %q is wider", columns, line)
			}
		}
		if columns < 20 { // more rows than there are
			if len(r.last) > s.rows-1 {
				t.Errorf("%d lines; want at most %d", len(r.last), s.rows-1)
			}
			continue
		}
		if i == 7 { // what was broken into more rows than there are on the screen cannot all be reached
			continue
		}
		seen := words(s.physical()...)
		for _, gone := range []string{"-", "."} { // one long name is broken between any letters
			text, seen = strings.ReplaceAll(text, gone, " "), strings.ReplaceAll(seen, gone, " ")
		}
		seen = strings.ReplaceAll(seen, " ", "")
		if want := strings.ReplaceAll(words("$ attest campaign status watch", text), " ", ""); seen != want {
			t.Errorf("%d columns:\n got %s\nwant %s", columns, seen, want)
		}
	}
}

// Many workers do not push the run's own line off the screen.
func TestRedrawKeepsTheFirstLines(t *testing.T) {
	s := &screen{columns: 80, rows: 10}
	r := &redraw{w: s, size: func() (int, int) { return s.columns, s.rows }}
	for i := range 5 {
		text := fmt.Sprintf("night  naive: %d cases\n", i)
		for w := range 50 {
			text += fmt.Sprintf("  worker %d\n", w)
		}
		r.draw(text)
		if len(s.lines) != 9 || s.lines[0] != fmt.Sprintf("night  naive: %d cases", i) || s.lines[8] != "43 more lines; a higher terminal shows them" {
			t.Fatalf("%q", s.lines)
		}
	}
}
