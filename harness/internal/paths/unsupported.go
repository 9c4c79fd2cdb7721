package paths

import (
	"errors"
	"fmt"
)

// ErrUnsupported marks a refusal: the path cannot compute this case, and answers that instead of computing it. Supports is
// asked first; an implementation that only finds out when it is called returns an error from Attend that is
// ErrUnsupported to errors.Is. A refusal is counted and never a failure. It is not errors.ErrUnsupported on purpose:
// the errors of system calls match that one, and a device that broke is no refusal.
var ErrUnsupported = errors.New("unsupported")

// refusal carries the reason alone as its text.
type refusal struct {
	text  string
	cause error // what the formatted error wraps; nil: nothing
}

func (e *refusal) Error() string        { return e.text }
func (e *refusal) Is(target error) bool { return target == ErrUnsupported }
func (e *refusal) Unwrap() error        { return e.cause }

// Unsupported makes a refusal. The format is fmt.Errorf's, %w included; what it makes is the reason that is counted.
func Unsupported(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &refusal{err.Error(), err}
}
