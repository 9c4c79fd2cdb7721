// Package atomicfile writes files that a reader, and a machine that loses power, sees as they were or whole, never in part.
// It never appends and never locks.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Write makes or replaces the file at path, readable by all, with what write writes. Where anything fails the old file
// stays and no other is left behind. A device or a pipe, such as /dev/null, is written to: there is nothing to replace.
func Write(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return writeInto(path, write)
	}
	f, err := create(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer f.discard()
	buffered := bufio.NewWriter(f)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.replace()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func writeInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// WriteBytes is Write of bytes.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// pending is a file beside the one that it is to replace.
type pending interface {
	io.Writer
	replace() error
	discard()
}
