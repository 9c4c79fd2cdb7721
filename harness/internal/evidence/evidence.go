// Package evidence makes what a case file keeps of a failure, and tells whether what runs it later is the same as what
// failed. It runs nothing: package engine tries a kept failure again.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// Conditions are what a verdict depends on beside the case and the path's own code.
type Conditions struct {
	Path     string // what --path takes, with its options
	Isolated bool
	Memory   int64         // limit of the path's process; 0: none
	Deadline time.Duration // of one call; 0: none
	// Build tells one build of what is tested from another; empty: not known.
	Build string
	// Commit is that of attest; empty: not known.
	Commit string
}

// Of is what to keep of a failure.
func Of(v verdict.Verdict, on paths.Description, c Conditions) *cases.Evidence {
	e := &cases.Evidence{
		Verdict: v.Kind, Reason: v.Reason, Where: v.Where, WorstRatio: v.WorstRatio, Law: v.Law, LawSeed: v.LawSeed,
		Path: c.Path, Device: on.Device, Toolchain: on.Toolchain, Build: c.Build, Commit: c.Commit,
		Isolated: c.Isolated, Deadline: c.Deadline.Seconds(),
	}
	if c.Isolated {
		e.Memory = c.Memory
	}
	return e
}

// Verdict is how the case failed when it was kept.
func Verdict(e *cases.Evidence) verdict.Verdict {
	return verdict.Verdict{Kind: e.Verdict, Reason: e.Reason, Where: e.Where, WorstRatio: e.WorstRatio, Law: e.Law, LawSeed: e.LawSeed}
}

// Deadline is that of one call when the case failed.
func Deadline(e *cases.Evidence) time.Duration {
	return time.Duration(e.Deadline * float64(time.Second))
}

// Build is 12 hex digits that tell one build of a path from another: of this program's own file, of the files that the
// path loads, and of what else names it. Empty where a file cannot be read: then nothing is claimed about it.
func Build(name string, files ...string) string {
	sum := sha256.New()
	program, err := programSum()
	if err != nil {
		return ""
	}
	fmt.Fprintf(sum, "%s %q\n", program, name)
	for _, file := range files {
		of, err := fileSum(file)
		if err != nil {
			return ""
		}
		fmt.Fprintf(sum, "%s\n", of)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

var programSum = sync.OnceValues(func() (string, error) {
	file, err := os.Executable()
	if err != nil {
		return "", err
	}
	return fileSum(file)
})

func fileSum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Program is 12 hex digits that tell this program's file from others; empty where it cannot be read.
func Program() string {
	sum, err := programSum()
	if err != nil {
		return ""
	}
	return sum[:12]
}
