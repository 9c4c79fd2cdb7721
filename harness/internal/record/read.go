package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// MaxLineBytes bounds a line of results.jsonl; a real one has about a thousand bytes.
const MaxLineBytes = 4 << 20

// ErrTorn is the last line of a run that was killed while it wrote it.
var ErrTorn = errors.New("the line is cut off: the run ended while writing it")

// LineError names a line of a file that cannot be read, and holds why. The lines after it still can.
type LineError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns the cause, such as ErrTorn.
func (e *LineError) Unwrap() error { return e.Err }

// Read yields the results of a run directory one by one, in the order of the file. A damaged line yields a
// *LineError and reading goes on; an error of the file itself ends it.
func Read(dir string) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		file := filepath.Join(dir, ResultsFile)
		f, err := os.Open(file)
		if err != nil {
			yield(Result{}, fmt.Errorf("read the run: %w", err))
			return
		}
		defer f.Close()
		readLines(f, file, yield)
	}
}

func readLines(from io.Reader, file string, yield func(Result, error) bool) {
	for line, err := range scan(from, file) {
		if !yield(line.result, err) {
			return
		}
	}
}

// scanned is a line and where it stands.
type scanned struct {
	result Result
	offset int64
	length int // without its end
}

func scan(from io.Reader, file string) iter.Seq2[scanned, error] {
	return func(yield func(scanned, error) bool) {
		counted := &counter{from: from}
		lines := bufio.NewReaderSize(counted, 1<<16)
		for number := 1; ; number++ {
			at := scanned{offset: counted.n - int64(lines.Buffered())}
			line, err := readLine(lines)
			at.length = len(line)
			ended := errors.Is(err, io.EOF)
			if err != nil && !ended && !errors.Is(err, errLong) {
				yield(at, fmt.Errorf("%s:%d: %w", file, number, err))
				return
			}
			if ended && len(line) == 0 {
				return
			}
			if err == nil || ended {
				at.result, err = decodeLine(line)
				if err != nil && ended {
					err = fmt.Errorf("%w (%v)", ErrTorn, err)
				}
			}
			if err != nil {
				err = &LineError{file, number, err}
			}
			if !yield(at, err) || ended {
				return
			}
		}
	}
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
