package posix

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// By how much timers may be late: of this program and its workers, and of a process that asks for nothing.
const (
	late  = time.Millisecond
	usual = 50 * time.Microsecond
)

// LateTimers lets timers of this thread, and of all threads and processes that it starts, be late by a millisecond. Go's
// runtime watches over threads in calls of C from one that wakes every 20 microseconds, and where all processors are busy each
// of these times is somebody else's loss: of a run, a tenth of its processor time.
func LateTimers() { setSlack(late) }

// UsualTimers runs f on a thread whose timers are as exact as those of a process that asks for nothing, and so are those of
// what f starts. It is for code of others, which may sleep for microseconds between two looks at its device.
func UsualTimers(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := TimersLate()
	if err != nil {
		return f()
	}
	setSlack(usual)
	defer setSlack(before)
	return f()
}

// TimersLate is by how much timers of the calling thread may be late.
func TimersLate() (time.Duration, error) {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	return time.Duration(slack), err
}

func setSlack(d time.Duration) { unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(d.Nanoseconds()), 0, 0, 0) }
