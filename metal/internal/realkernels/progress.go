package main

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
)

// progress is what somebody reads who waits: a row of the table as soon as a text is done, and a line for each piece of one
// that is built in pieces. The table itself comes last, in order.
type progress struct {
	to       io.Writer // nothing is told where it is nil
	of, done int       // texts
	lock     sync.Mutex
}

// text tells what became of a text; r is nil where it has no kernel.
func (p *progress) text(r *result, dir, file string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.done++
	if p.to == nil {
		return
	}
	row := fmt.Sprintf("| %s | no kernel |||", filepath.Base(file))
	if r != nil {
		row = r.row(dir)
	}
	fmt.Fprintf(p.to, "%d of %d: %s\n", p.done, p.of, row)
}

// piece tells what became of a piece of a text.
func (p *progress) piece(made piece, file string, i, of int) {
	if of < 2 || p.to == nil {
		return
	}
	became := "refused"
	if made.err == nil {
		became = fmt.Sprintf("%d kernels in %.1f s", len(made.Entries), made.seconds)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	fmt.Fprintf(p.to, "%s: piece %d of %d: %s\n", filepath.Base(file), i+1, of, became)
}
