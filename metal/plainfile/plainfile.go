// Package plainfile reads files that a person named: whole, and only what ends. A pipe or a device may never end, and a
// program that waits for it can no longer be interrupted. It knows no format.
package plainfile

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
)

const (
	MaxText = 64 << 20          // bytes of a text that a person or a program wrote: far more than any has
	NoLimit = math.MaxInt64 - 1 // for data, which may be as large as memory
)

// Refused is why a file that is there is not read.
type Refused struct{ File, Why string }

func (e *Refused) Error() string { return e.File + ": " + e.Why }

// Read reads a regular file of at most so many bytes, or tells in a *Refused what it is instead. A file that is not there is
// fs.ErrNotExist.
func Read(file string, most int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, opening(err)
	}
	if err := check(file, info, most); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_RDONLY|noWait, 0) // it may have become a pipe by now
	if err != nil {
		return nil, err
	}
	return readAll(file, f, most)
}

// ReadFS is Read of a file of a file system.
func ReadFS(fsys fs.FS, file string, most int64) ([]byte, error) {
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, opening(err)
	}
	if err := check(file, info, most); err != nil { // before it is opened: to open a pipe waits for whoever writes into it
		return nil, err
	}
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	return readAll(file, f, most)
}

// opening tells of a file that is not there as whoever wants to open it does.
func opening(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		e.Op = "open"
	}
	return err
}

func check(file string, info fs.FileInfo, most int64) error {
	switch {
	case !info.Mode().IsRegular():
		return &Refused{file, "not a regular file; want one"}
	case info.Size() > most:
		return &Refused{file, fmt.Sprintf("%d bytes; want at most %d", info.Size(), most)}
	}
	return nil
}

// readAll reads an open file to its end, and closes it. Some files, as those of /proc, do not tell their size.
func readAll(file string, f fs.File, most int64) ([]byte, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := check(file, info, most); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, &Refused{file, fmt.Sprintf("more than %d bytes; want at most that", most)}
	}
	return text, nil
}
