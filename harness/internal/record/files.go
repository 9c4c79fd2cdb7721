package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The names of what a run directory holds.
const (
	OptionsFile = "options.json"
	ResultsFile = "results.jsonl"
	BenchFile   = "bench.txt"
	FailuresDir = "failures"
	JUnitFile   = "junit.xml"
	LogFile     = "log"
)

// WriteFile puts data at path so that a reader sees the old file or the whole new one, never a part: it writes a
// temporary file beside it and renames that.
func WriteFile(path string, data []byte) error {
	return writeWhole(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	buffered := bufio.NewWriter(f)
	if err := write(buffered); err != nil {
		return err
	}
	if err := errors.Join(buffered.Flush(), f.Chmod(0o644), f.Sync()); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// appender is a file to which whole lines are appended, each with one write.
type appender struct {
	file *os.File
	size int64
}

// createAppender makes a file that must not exist yet.
func createAppender(path string) (*appender, error) {
	return openAppender(path, os.O_CREATE|os.O_EXCL)
}

func openAppender(path string, flags int) (*appender, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|flags, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &appender{f, info.Size()}, nil
}

// Write appends data whole. After a short write, as on a full disk, it takes the fragment back, so that the next
// line does not grow onto it.
func (a *appender) Write(data []byte) (int, error) {
	n, err := a.file.Write(data)
	if err != nil {
		if n > 0 && a.file.Truncate(a.size) == nil {
			n = 0
		}
		return n, err
	}
	a.size += int64(n)
	return n, nil
}

func (a *appender) Close() error { return a.file.Close() }

// refuseExisting reports which file of an earlier run lies in dir.
func refuseExisting(dir string) error {
	for _, name := range []string{OptionsFile, ResultsFile, BenchFile, FailuresDir, JUnitFile, LogFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("run directory %s already holds a run (%s); want a new or an empty directory", dir, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("run directory %s: %w", dir, err)
		}
	}
	return nil
}
