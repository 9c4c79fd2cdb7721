package record

import (
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
