// Package plainfile reads files that a person named: whole, and only what ends. A pipe or a device may never end, and a
// program that waits for it can no longer be interrupted. It knows no format.
package plainfile

import (
	"fmt"
	"os"
)

// Read reads a regular file of at most so many bytes. A file that is not there is fs.ErrNotExist.
func Read(file string, most int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file; want one", file)
	case info.Size() > most:
		return nil, fmt.Errorf("%s: %d bytes; want at most %d", file, info.Size(), most)
	}
	return os.ReadFile(file)
}
