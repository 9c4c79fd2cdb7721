package record

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

// lock keeps a second process out of a run that is still going. It ends with the process, or with release.
func lock(f *os.File) (release func() error, err error) {
	l := flock.New(f.Name(), flock.SetFlag(os.O_RDWR))
	taken, err := l.TryLock()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK) { // a file system without locks
		return l.Close, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	if !taken {
		return nil, fmt.Errorf("%s is in use by a run that is still going", f.Name())
	}
	return l.Close, nil
}
