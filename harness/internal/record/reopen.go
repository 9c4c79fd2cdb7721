package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"attest.example/attest/metal/atomicfile"
)

// Reopen goes on with a run that was interrupted: its options come back through DecodeOptions, its recorded cases
// through Finished and Summary. A line that the interruption cut off is taken back; other damage is left in place
// and told by Damage, and the cases of those lines count as not finished. bench.txt is written anew.
func Reopen(dir string) (*Run, error) {
	h, options, err := ReadOptions(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: dir, header: h, options: options, done: map[int]bool{}, now: time.Now}
	if err := r.restart(); err != nil {
		r.closeFiles()
		return nil, fmt.Errorf("run directory %s: %w", dir, err)
	}
	return r, nil
}

func (r *Run) restart() (err error) {
	if r.results, err = openAppender(r.path(ResultsFile), 0); err != nil {
		return err
	}
	if r.unlock, err = Lock(r.results.file.Name(), "a run that is still going"); err != nil {
		return err
	}
	if err := r.results.mendTail(); err != nil {
		return err
	}
	if err := r.begun(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.path(FailuresDir), 0o755); err != nil {
		return err
	}
	err = atomicfile.Write(r.path(BenchFile), func(w io.Writer) error {
		bench, err := NewBenchWriter(w, r.header)
		r.bench = bench
		if err != nil {
			return err
		}
		return r.replay(bench)
	})
	if err != nil {
		return err
	}
	if r.benchTo, err = openAppender(r.path(BenchFile), 0); err != nil {
		return err
	}
	r.bench.to = r.benchTo // the same writer: it knows that the header is written
	return r.begin()
}

// replay takes in the recorded results.
func (r *Run) replay(bench *BenchWriter) error {
	for result, err := range Read(r.dir) {
		var damaged *LineError
		switch {
		case errors.As(err, &damaged):
			r.damage = append(r.damage, err)
			continue
		case err != nil:
			return err
		case r.done[result.Index]:
			r.damage = append(r.damage, fmt.Errorf("%s: case index %d is recorded twice", r.path(ResultsFile), result.Index))
			continue
		}
		r.done[result.Index] = true
		r.summary.Add(result, r.dir)
		r.earlier = max(r.earlier, time.Duration(result.Elapsed*float64(time.Second)))
		if err := bench.Add(result); err != nil {
			return err
		}
	}
	return nil
}

// Damage tells what Reopen could not read.
func (r *Run) Damage() []error { return r.damage }

// mendTail ends the file with a newline: it completes a last line that is readable, and takes back one that is not.
func (a *appender) mendTail() error {
	const window = 64 << 10
	end := a.size
	var tail []byte // what follows the last newline
	for end > 0 {
		start := max(0, end-window)
		block := make([]byte, end-start)
		if _, err := a.file.ReadAt(block, start); err != nil {
			return err
		}
		if i := bytes.LastIndexByte(block, '\n'); i >= 0 {
			tail = append(block[i+1:], tail...)
			break
		}
		tail = append(block, tail...)
		end = start
		if len(tail) > MaxLineBytes {
			return fmt.Errorf("%s: the last line is longer than %d bytes", a.file.Name(), MaxLineBytes)
		}
	}
	if len(tail) == 0 {
		return nil
	}
	if _, err := decodeLine(tail); err == nil {
		_, err := a.Write([]byte("\n"))
		return err
	}
	a.size -= int64(len(tail))
	return a.file.Truncate(a.size)
}
