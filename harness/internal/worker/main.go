package worker

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/worker/native"
)

// Verb is the first argument of a child's command line, for those who look at a list of processes.
const Verb = "worker"

// The environment variables by which a program knows that it is a child.
const (
	versionVariable = "ATTEST_WORKER"        // the version of the messages
	nameVariable    = "ATTEST_WORKER_PATH"   // the path to open
	memoryVariable  = "ATTEST_WORKER_MEMORY" // its limit in bytes; 0: none
	skipVariable    = "ATTEST_WORKER_SKIP"   // phases of the opening to be left out, a line each
)

// version changes with the messages, so that a child that is another program by accident is not talked to.
const version = "3"

// The file descriptors of a child, besides the standard ones. Its standard output goes where its standard error does.
const (
	requestFD = 3 + iota
	// ReplyFD is where a child answers. It is public for tests that write garbage there.
	ReplyFD
	regionFD // of the tensors that a trial made in our memory
	copyFD   // of those that are copied
	boardFD
)

// opened is how children of this program open a path; nil until Main has been called.
var opened func(ctx context.Context, name string) (paths.Path, error)

// Main turns this process into a worker, if it was started as one, and does not return then. open opens a path by the
// name that Options.Name holds.
func Main(open func(ctx context.Context, name string) (paths.Path, error)) {
	opened = open
	if !Inside() {
		return
	}
	os.Exit(serve(open))
}

// Inside reports whether this process is a worker.
func Inside() bool { return os.Getenv(versionVariable) != "" }

// serve is all that a child does, from its environment to its exit status.
func serve(open func(context.Context, string) (paths.Path, error)) int {
	if got := os.Getenv(versionVariable); got != version {
		fmt.Fprintf(os.Stderr, "attest worker: %s is %q; want %s\n", versionVariable, got, version)
		return 2
	}
	// Programs that the path starts must not inherit them.
	for fd := requestFD; fd <= boardFD; fd++ {
		if err := posix.Keep(fd); err != nil {
			fmt.Fprintf(os.Stderr, "attest worker: file descriptor %d: %v; attest starts its workers itself\n", fd, err)
			return 2
		}
	}
	limit, _ := strconv.ParseInt(os.Getenv(memoryVariable), 10, 64)
	settle(limit)
	memory, err := mapBoard(boardFD)
	if err != nil {
		fmt.Fprintf(os.Stderr, "attest worker: %v\n", err)
		return 2
	}
	native.Watch(memory)
	native.PrintByLines()
	board := &board{memory: memory}
	compiling.Here.Tell(board.setCompiling)
	c := &child{
		board: board,
		link:  newLink(os.NewFile(requestFD, "requests"), os.NewFile(ReplyFD, "replies")),
	}
	return c.run(open, os.Getenv(nameVariable))
}
