package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
)

// scanned is a line and where it stands.
type scanned struct {
	result Result
	offset int64
	length int // without its end
}

// scan yields the lines in the order of the file. Reading one as a result takes much longer than finding its end, so that several
// batches of them are under way at once, ahead of whom they are for.
func scan(from io.Reader, file string) iter.Seq2[scanned, error] {
	return func(yield func(scanned, error) bool) {
		ahead := make(chan *batch, 2*runtime.GOMAXPROCS(0))
		stop, stopped := make(chan struct{}), make(chan struct{})
		defer func() { <-stopped }() // nothing reads from the file any more
		defer close(stop)
		go func() {
			defer close(stopped)
			defer close(ahead)
			lines := lineReader{from: &counter{from: from}}
			lines.buffer = bufio.NewReaderSize(lines.from, 1<<16)
			for more := true; more; {
				b := &batch{done: make(chan struct{})}
				more = lines.fill(b, file)
				go b.decode(file)
				select {
				case ahead <- b:
				case <-stop:
					return
				}
			}
		}()
		for b := range ahead {
			<-b.done
			for i := range b.lines {
				if !yield(b.lines[i].scanned, b.lines[i].err) {
					return
				}
			}
		}
	}
}

// batch is some lines that follow each other. done is closed when they have been read as results.
type batch struct {
	lines []rawLine
	done  chan struct{}
}

// rawLine is a line: its text, until it has been read as a result, and what is wrong with it.
type rawLine struct {
	scanned
	text   []byte // nil: err says why
	number int    // from 1
	last   bool   // the file ends with it, without a newline
	err    error
}

// A batch has so many lines, or as many as have so many bytes.
const (
	batchLines = 64
	batchBytes = 256 << 10
)

func (b *batch) decode(file string) {
	defer close(b.done)
	for i := range b.lines {
		l := &b.lines[i]
		if l.text != nil {
			l.result, l.err = decodeLine(l.text)
			if l.err != nil && l.last {
				l.err = fmt.Errorf("%w (%v)", ErrTorn, l.err)
			}
			if l.err != nil {
				l.err = &LineError{file, l.number, l.err}
			}
			l.text = nil
		}
	}
}

// lineReader finds the lines of a file.
type lineReader struct {
	from   *counter
	buffer *bufio.Reader
	number int
}

// fill puts the next lines into a batch and reports whether there may be more.
func (r *lineReader) fill(b *batch, file string) bool {
	for bytes := 0; len(b.lines) < batchLines && bytes < batchBytes; {
		r.number++
		l := rawLine{number: r.number, scanned: scanned{offset: r.from.n - int64(r.buffer.Buffered())}}
		text, err := readLine(r.buffer)
		l.length, l.last = len(text), errors.Is(err, io.EOF)
		bytes += len(text)
		switch {
		case l.last && len(text) == 0:
			return false
		case err == nil || l.last:
			l.text = text
		case errors.Is(err, errLong):
			l.err = &LineError{file, r.number, err}
		default:
			l.err = fmt.Errorf("%s:%d: %w", file, r.number, err)
			b.lines = append(b.lines, l)
			return false
		}
		b.lines = append(b.lines, l)
		if l.last {
			return false
		}
	}
	return true
}

// counter knows how many bytes were read.
type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

var errLong = fmt.Errorf("the line is longer than %d bytes", MaxLineBytes)

// readLine reads up to and with the next newline and returns the line without it. A line that is too long is skipped
// whole, without holding it, with errLong. The last line, without a newline, comes with io.EOF.
func readLine(from *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := from.ReadSlice('\n')
		if !long {
			line = append(line, part...)
			if len(line) > MaxLineBytes {
				long, line = true, nil
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long && err == nil:
			return nil, errLong
		case long && errors.Is(err, io.EOF):
			return []byte("too long"), io.EOF // neither complete nor readable: a torn line
		case err != nil:
			return line, err
		}
		return line[:len(line)-1], nil
	}
}
