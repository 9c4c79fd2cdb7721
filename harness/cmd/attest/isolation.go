package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/worker"
)

// isolationFlags are those of every command that runs a path.
func (f flagSet) isolationFlags() *campaign.Isolation {
	i := &campaign.Isolation{Isolate: true, Memory: worker.DefaultMemory}
	f.BoolVar(&i.Isolate, "isolate", true, "run the path in a process of its own, so that a crash costs one case")
	f.Func("memory", "most memory that this process may take, tensors not counted: 512MiB, 4GiB, or none (default 4GiB)",
		func(text string) (err error) {
			i.Memory, err = parseSize(text)
			return err
		})
	return i
}

// parseSize reads a number of bytes with or without KiB, MiB or GiB; 0 for none, which is no limit.
func parseSize(text string) (int64, error) {
	if text == "none" {
		return 0, nil
	}
	number, unit := text, int64(1)
	for i, name := range []string{"KiB", "MiB", "GiB"} {
		if rest, found := strings.CutSuffix(text, name); found {
			number, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("want a size such as 512MiB or 4GiB, or none")
	}
	return n * unit, nil
}

// workerCommand refuses the word that a child's command line begins with. A real child never comes here: worker.Main has
// taken it.
func workerCommand(t terminal) int {
	return t.complain("worker is how attest starts its own processes; it is no command")
}
