package swiftpkg

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
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

func newToolchain(ctx context.Context, sources string, folders []string, errors io.Writer) (*toolchain, error) {
	t := &toolchain{script: filepath.Join(sources, "swift", "toolchain.sh"), folders: append(folders, sources), err: errors}
	output, err := exec.CommandContext(ctx, "bash", t.script, "which").Output()
	if err != nil {
		return nil, fmt.Errorf("%s which: %w", t.script, err)
	}
	if why, is := strings.CutPrefix(strings.TrimSpace(string(output)), "none: "); is {
		return nil, &NoToolchain{why}
	}
	return t, nil
}

// run runs a command in a folder. What it prints goes to out, its complaints to the toolchain's err.
func (t *toolchain) run(ctx context.Context, folder string, out, errors io.Writer, environment []string, command ...string) error {
	arguments := []string{t.script, "run", folder, "env"}
	cmd := exec.CommandContext(ctx, "bash", append(append(arguments, environment...), command...)...)
	cmd.Env = append(os.Environ(), "ATTEST_SWIFT_BIND="+strings.Join(append(t.folders, os.Getenv("ATTEST_SWIFT_BIND")), ":"))
	cmd.Stdout, cmd.Stderr = out, errors
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // the build tool ends its compilers
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}
