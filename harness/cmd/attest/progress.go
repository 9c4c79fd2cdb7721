package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress shows how far a run is: a bar where err is a terminal, else a plain line every ten seconds. It never
// writes to stdout.
type progress struct {
	w      io.Writer
	total  int
	limit  time.Duration
	begun  time.Time
	last   time.Time
	bars   *mpb.Progress
	bar    *mpb.Bar
	failed int
}

// every is the time between two plain lines.
const every = 10 * time.Second

// newProgress follows a run of total cases, or of the duration limit where total is 0.
func newProgress(w io.Writer, total int, limit time.Duration) *progress {
	now := time.Now()
	p := &progress{w: w, total: total, limit: limit, begun: now, last: now}
	file, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(w), mpb.WithRefreshRate(200*time.Millisecond))
	steps := int64(total)
	if total == 0 {
		steps = limit.Milliseconds()
	}
	p.bar = p.bars.AddBar(steps, mpb.BarRemoveOnComplete(),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return p.line(s) })))
	return p
}

func (p *progress) line(s decor.Statistics) string {
	if p.total == 0 {
		return fmt.Sprintf(" %v of %v, %d failed", (time.Duration(s.Current) * time.Millisecond).Round(time.Second), p.limit, p.failed)
	}
	return fmt.Sprintf(" %d/%d, %d failed", s.Current, s.Total, p.failed)
}

// show is told after each case.
func (p *progress) show(done, failed int) {
	p.failed = failed
	if p.bar != nil {
		if p.total > 0 {
			p.bar.SetCurrent(int64(done))
		} else {
			p.bar.SetCurrent(time.Since(p.begun).Milliseconds())
		}
		return
	}
	if now := time.Now(); now.Sub(p.last) >= every {
		p.last = now
		of := ""
		if p.total > 0 {
			of = fmt.Sprintf(" of %d", p.total)
		}
		fmt.Fprintf(p.w, "%d%s cases, %d failed, %.0f s\n", done, of, failed, now.Sub(p.begun).Seconds())
	}
}

// say prints a line that stays, above the bar where there is one.
func (p *progress) say(line string) {
	if p.bars != nil {
		fmt.Fprintln(p.bars, line)
		return
	}
	fmt.Fprintln(p.w, line)
}

func (p *progress) close() {
	if p.bars != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
