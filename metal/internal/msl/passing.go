package msl

import (
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// passing is why a module is less than what was asked for, where that may be gone another time: clang was ended at its deadline, or
// by a machine that had no memory left for it. To try again each time would cost as much each time, never to try again all that
// vectors save.
type passing struct {
	Deadline time.Duration // that clang had
	At       time.Time
}

// tryAgain is when such a module is made again, whatever the deadline is.
const tryAgain = 24 * time.Hour

// isOver reports whether to try again: after a day, or with more time.
func (p passing) isOver(deadline time.Duration) bool {
	return !p.At.IsZero() && (deadline > p.Deadline || time.Since(p.At).Abs() > tryAgain)
}

// isPassing reports whether a tool was ended from outside.
func isPassing(err error) bool {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	}
	return errors.Is(err, ErrTooLong)
}
