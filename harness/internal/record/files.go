package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"attest.example/attest/harness/internal/rundir"
)

// The names of what a run directory holds.
const (
	OptionsFile = rundir.OptionsFile
	ResultsFile = rundir.ResultsFile
	BenchFile   = rundir.BenchFile
	FailuresDir = rundir.FailuresDir
	FindingsDir = rundir.FindingsDir
	JUnitFile   = rundir.JUnitFile
	LogFile     = rundir.LogFile
)

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
	for _, name := range []string{OptionsFile, ResultsFile, BenchFile, FailuresDir, FindingsDir, JUnitFile, LogFile, rundir.PicturesDir} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("run directory %s already holds a run (%s); want a new or an empty directory", dir, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("run directory %s: %w", dir, err)
		}
	}
	return nil
}
