package swiftpkg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"attest.example/attest/harness/internal/posix"
)

// A toolchain runs commands with Swift on their PATH, by swift/toolchain.sh.
type toolchain struct {
	script  string
	folders []string // what a toolchain beside the system is to see
	err     io.Writer
}

// NoToolchain is the error where no Swift can be had; its text is why.
type NoToolchain struct{ Why string }

func (e *NoToolchain) Error() string { return "no Swift toolchain: " + e.Why }

func newToolchain(ctx context.Context, sources string, folders []string, errs io.Writer) (*toolchain, error) {
	t := &toolchain{script: filepath.Join(sources, "swift", "toolchain.sh"), folders: append(folders, sources), err: errs}
	output, err := exec.CommandContext(ctx, "bash", t.script, "which").Output()
	if err != nil {
		return nil, fmt.Errorf("%s which: %w", t.script, err)
	}
	if why, is := strings.CutPrefix(strings.TrimSpace(string(output)), "none: "); is {
		return nil, &NoToolchain{why}
	}
	return t, nil
}

// build runs a build command, and once more where the build tool itself crashed: on a loaded machine it sometimes does, and
// what it had built by then stays.
func (t *toolchain) build(ctx context.Context, folder string, out, errs io.Writer, environment []string, command ...string) error {
	err := t.run(ctx, folder, out, errs, environment, command...)
	if ctx.Err() != nil || !crashed(err) {
		return err
	}
	fmt.Fprintf(errs, "attest: %s itself crashed (%v); once more\n", strings.Join(command[:min(2, len(command))], " "), err)
	return t.run(ctx, folder, out, errs, environment, command...)
}

var crashes = []syscall.Signal{syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT}

// crashed tells whether a process was ended by a signal of its own making.
func crashed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && slices.Contains(crashes, status.Signal())
}

// run runs a command in a folder. What it prints goes to out and errs.
func (t *toolchain) run(ctx context.Context, folder string, out, errs io.Writer, environment []string, command ...string) error {
	arguments := []string{t.script, "run", folder, "env"}
	cmd := exec.CommandContext(ctx, "bash", append(append(arguments, environment...), command...)...)
	cmd.Env = append(os.Environ(), "ATTEST_SWIFT_BIND="+strings.Join(append(t.folders, os.Getenv("ATTEST_SWIFT_BIND")), ":"))
	cmd.Stdout, cmd.Stderr = out, errs
	posix.Alone(cmd, syscall.SIGINT)
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}
