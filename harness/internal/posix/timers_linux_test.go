package posix

import (
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What is started within UsualTimers has the usual ones, and afterwards the thread's are as late as before.
func TestUsualTimersAreInherited(t *testing.T) {
	runtime.LockOSThread() // and never let go: the thread ends with the test
	LateTimers()
	mine := errors.New("mine")
	err := UsualTimers(func() error {
		if late, err := TimersLate(); err != nil || late != usual {
			t.Errorf("%v, %v; want %v", late, err, usual)
		}
		out, err := exec.Command("cat", "/proc/self/timerslack_ns").Output()
		if text := strings.TrimSpace(string(out)); err != nil || text != "50000" {
			t.Errorf("of a process: %q, %v; want 50000", text, err)
		}
		return mine
	})
	if err != mine {
		t.Errorf("%v; want the function's own error", err)
	}
	if late, err := TimersLate(); err != nil || late != time.Millisecond {
		t.Errorf("%v, %v; want a millisecond again", late, err)
	}
}
