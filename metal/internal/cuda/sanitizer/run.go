package sanitizer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"attest.example/attest/metal/internal/device"
)

// Tools are those that are run, each once over the whole program: accesses out of bounds and misaligned ones, races in
// threadgroup memory, barriers that not all threads reach. None of them looks for reads of uninitialised memory here: the
// tool that does knows buffers alone, and these are all written.
var Tools = []string{"memcheck", "racecheck", "synccheck"}

// Inside is the variable by which a program knows that it runs under a tool; its value is the tool's name.
const Inside = "ATTEST_SANITIZER"

// Find is where compute-sanitizer is: on the path, or where the CUDA toolkit has it.
func Find() (string, error) {
	if found, err := exec.LookPath("compute-sanitizer"); err == nil {
		return found, nil
	}
	for _, place := range []string{"/usr/local/cuda/bin/compute-sanitizer", "/usr/local/cuda/compute-sanitizer/compute-sanitizer"} {
		if _, err := os.Stat(place); err == nil {
			return place, nil
		}
	}
	return "", errors.New("compute-sanitizer is neither on the path nor in /usr/local/cuda; it comes with NVIDIA's CUDA toolkit")
}

// Check runs a command under each tool. What the command prints is printed once, under the first of them. The error is that
// of the command, or of a tool that did not come to its end; the reports before it count all the same.
func Check(ctx context.Context, tool string, command []string, launch Launch, stdout, stderr io.Writer) ([]device.Report, error) {
	folder, err := os.MkdirTemp("", "attest-sanitizer-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	var all []device.Report
	var failed error
	for i, name := range Tools {
		log := filepath.Join(folder, name)
		c := exec.CommandContext(ctx, tool, append([]string{"--tool", name, "--log-file", log, "--print-limit", "100"}, command...)...)
		c.Env = append(os.Environ(), Inside+"="+name)
		if i == 0 {
			c.Stdout, c.Stderr = stdout, stderr
		}
		ran := c.Run()
		text, err := os.ReadFile(log)
		if err != nil {
			return all, fmt.Errorf("%s --tool %s: it left no log: %w", tool, name, errors.Join(ran, err))
		}
		reports, err := Parse(string(text), launch)
		if err != nil {
			return all, fmt.Errorf("%s --tool %s: %w", tool, name, err)
		}
		all = append(all, reports...)
		if ran != nil && failed == nil {
			failed = fmt.Errorf("under %s: %w", name, ran)
		}
	}
	return all, failed
}
