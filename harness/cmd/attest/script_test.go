package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/worker"
)

func TestMain(m *testing.M) {
	worker.Main(catalog.Open) // before testscript looks at the program's name, which a worker does not have
	programs := maps.Clone(testTools)
	programs["attest"] = func() {
		os.Exit(dispatch(untilSignal(), terminal{os.Stdout, os.Stderr}, os.Args[1:]))
	}
	testscript.Main(m, programs)
}

func TestScripts(t *testing.T) {
	corpus, err := filepath.Abs("../../../corpus")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs("../../../examples")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output() // a script has a home of its own, and would build Go anew
	if err != nil {
		t.Fatal(err)
	}
	kernels := os.Getenv("ATTEST_CACHE") // likewise: every program of a script would compile its kernels
	if home, err := os.UserCacheDir(); kernels == "" && err == nil {
		kernels = filepath.Join(home, "attest")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		// rust: a cargo that has a toolchain; one that is only there to install some has none.
		Condition: func(name string) (bool, error) {
			if name != "rust" {
				return false, fmt.Errorf("condition %q: want rust", name)
			}
			return exec.Command("cargo", "--version").Run() == nil, nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("CORPUS", corpus)
			e.Setenv("EXAMPLES", examples)
			e.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
			e.Setenv("ATTEST_CACHE", kernels)
			for name, folder := range map[string]string{"RUSTUP_HOME": ".rustup", "CARGO_HOME": ".cargo"} {
				if home, err := os.UserHomeDir(); err == nil && os.Getenv(name) == "" {
					e.Setenv(name, filepath.Join(home, folder)) // likewise
				}
			}
			return nil
		},
	})
}
