package record

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

// Lock keeps a second process out of what the file stands for, and makes the file where it is missing. user says who has it, if
// somebody does: "a run that is still going". It ends with the process, or with release.
func Lock(file, user string) (release func() error, err error) {
	l := flock.New(file, flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o600))
	taken, err := l.TryLock()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK) { // a file system without locks
		return l.Close, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file, err)
	}
	if !taken {
		return nil, fmt.Errorf("%s is in use by %s", file, user)
	}
	return l.Close, nil
}
