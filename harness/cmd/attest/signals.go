package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// sameSignal is how long after the first signal a further one is taken for the same: timeout(1) sends it to its child and to
// the group, and a terminal's reaches us and whoever passes it on.
const sameSignal = 500 * time.Millisecond

// untilSignal returns a context that the first signal ends. A call of a path that never comes back does not hear of it, so
// a second signal ends the process.
func untilSignal() context.Context {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		for first := time.Now(); time.Since(first) < sameSignal; {
			<-signals
		}
		fmt.Fprintln(os.Stderr, "attest: ended by a second signal")
		os.Exit(misuse)
	}()
	return ctx
}

// endOnSignal ends the process when ctx does, for a command that has no context to hear it by. What listens by itself, as
// compute-sanitizer's parent does, has a moment for it.
func endOnSignal(ctx context.Context, t terminal) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		time.Sleep(sameSignal)
		os.Exit(t.complain("interrupted"))
	})
}
