package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/record"
)

// found is what one run came to.
type found struct {
	Findings []record.Finding
	Cases    int
	Failed   int
	Outside  int
	Ended    string
	seconds  float64
	// processor is the processor time of the command and of all that it ran, in seconds: what a quiet machine would take at
	// most, however busy this one is.
	processor float64
}

// attest runs the command, with dir for its run directory, and reads its last line. What an earlier proof that was cut off
// left there goes.
func (o *options) attest(ctx context.Context, b mutate.Build, dir string, arguments ...string) (found, error) {
	begin := time.Now()
	if err := os.RemoveAll(dir); err != nil {
		return found{}, err
	}
	arguments = append(arguments, "--out", dir)
	command := exec.CommandContext(ctx, b.Program, append([]string{"run", "--json", "--path", b.Path}, arguments...)...)
	command.Dir = o.dir
	command.Env = append(os.Environ(), "ATTEST_MSL="+o.program) // a library compiles its kernel by it
	var complaint strings.Builder
	command.Stderr = &complaint
	text, err := command.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		return found{}, fmt.Errorf("%s: %w: %s", b.Path, err, lastLine(complaint.String()))
	}
	var f found
	if err := json.Unmarshal([]byte(lastLine(string(text))), &f, json.MatchCaseInsensitiveNames(true)); err != nil {
		return f, fmt.Errorf("%s: %w", b.Path, err)
	}
	f.seconds = time.Since(begin).Seconds()
	f.processor = (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds()
	return f, nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
