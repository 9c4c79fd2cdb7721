//go:build !linux

package posix

import "time"

// LateTimers does nothing here: only Linux can be told how late timers may be.
func LateTimers() {}

// UsualTimers runs f.
func UsualTimers(f func() error) error { return f() }

// TimersLate is not known here.
func TimersLate() (time.Duration, error) { return 0, ErrMissing }
