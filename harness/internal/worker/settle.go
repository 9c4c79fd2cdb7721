package worker

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"attest.example/attest/harness/internal/posix"
)

// settle makes this process a good child: it leaves interrupts to its parent, dumps no core, stays away from its
// memory limit as long as the garbage collector can, and is the first to go when the machine has no memory left.
func settle(limit int64) {
	// Caught and dropped, not ignored: programs that the path starts do not inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	posix.NoCore()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // little lives long here, and the heap is small
	}
	if limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 4 * 3)
	}
	os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // where there is one
}
