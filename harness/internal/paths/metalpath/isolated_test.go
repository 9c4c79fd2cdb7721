package metalpath

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

// TestMain lets the test program be a worker for a library: its path's name is FILE?OPTIONS.
func TestMain(m *testing.M) {
	worker.Main(func(ctx context.Context, name string) (paths.Path, error) {
		file, options, _ := strings.Cut(name, "?")
		return OpenLibrary(ctx, name, file, options)
	})
	os.Exit(m.Run())
}

// isolated opens a library in a process of its own.
func isolated(t *testing.T, options string, flags ...string) *worker.Path {
	t.Helper()
	p, err := worker.Open(context.Background(), worker.Options{Name: compile(t, flags...) + "?" + options})
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// pastK is a case in which a library that READS_PAST_K reads 3 elements past it, with k at the end of its memory.
func pastK(t *testing.T) cases.Case {
	t.Helper()
	for seed := range uint64(50) {
		c := square(t, func(c *cases.Case) { c.QLen, c.KVLen, c.HeadDim, c.Values.Seed = 9, 16, 8, seed })
		if worker.AtEnd(c) {
			return c
		}
	}
	t.Fatal("no seed puts k at the end of its memory")
	return cases.Case{}
}

// An access outside the tensors is told with tensor, distance and direction, whoever handles the signal and whatever
// becomes of the process. Nothing is left of it in the next case.
func TestFaultsAreFoundWhoeverHandlesThem(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds libraries: make test runs it")
	}
	if runtime.GOOS != "linux" {
		t.Skip("faults are noted on Linux")
	}
	for _, test := range []struct {
		name, flags string
		want        []string
	}{
		{"nobody", "", []string{"SIGSEGV at address"}},
		{"from the load on", "-DHANDLES", []string{"exit status 3", "its last words: the library's own handler"}},
		{"from the call on", "-DHANDLES_LATE", []string{"SIGSEGV, which something in the process handled: exit status 3", "its last words: the library's own handler"}},
		{"from the load on, and around us", "-DHANDLES -DAROUND", []string{"exit status 3"}},
		{"and gives it back", "-DHANDLES_LATE -DRESTORES", []string{"killed by SIGSEGV", "its last words: the library's own handler"}},
		{"and comes back", "-DJUMPS", []string{"SIGSEGV, which something in the process handled; the call returned: mfa_attention_forward: error 5"}},
		{"and comes back by the old signal", "-DJUMPS -D_XOPEN_SOURCE=700 -std=c99", []string{"the call returned: mfa_attention_forward: error 5"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := isolated(t, "", append(strings.Fields(test.flags), "-DREADS_PAST_K")...)
			for range 2 { // in the second round a handler that was installed in the first is there before the call
				got, err := trial.Run(context.Background(), p, pastK(t), trial.Options{Deadline: 10 * time.Second})
				require.NoError(t, err)
				require.Equal(t, verdict.Guard, got.Verdict.Kind, got.Verdict.Reason)
				for _, want := range append(test.want, "touched memory 8 bytes past the end of k") {
					require.Contains(t, got.Verdict.Reason, want)
				}
				got, err = trial.Run(context.Background(), p, square(t, nil), trial.Options{Deadline: 10 * time.Second})
				require.NoError(t, err)
				require.Equal(t, verdict.Pass, got.Verdict.Kind, got.Verdict.Reason)
			}
		})
	}
}

// An error carries what the library printed last, though it never flushed it, and all that it printed is kept.
func TestAnErrorCarriesTheLastWords(t *testing.T) {
	p := isolated(t, "", "-DFAILS", "-DTALKS")
	got, err := trial.Run(context.Background(), p, square(t, nil), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Error, got.Verdict.Kind)
	require.Equal(t, "mfa_attention_forward: error 5 (execution failed): naive: words for 5; its last words: the queue lost its device", got.Verdict.Reason)
	for _, want := range []string{"heads 3 on stdout", "rows 9 on stderr", "the queue lost its device"} {
		require.Contains(t, got.Stack, want)
	}
}

func TestALibraryThatTalksIsNotMisread(t *testing.T) {
	p := isolated(t, "", "-DTALKS")
	got, err := trial.Run(context.Background(), p, square(t, nil), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, got.Verdict.Kind, got.Verdict.Reason)
}

// A probe that ends the process is left out, the others are made, and the cases that end it fail one by one.
func TestAProbeThatEndsTheProcessIsLeftOut(t *testing.T) {
	p := isolated(t, "", "-DCRASHES")
	all := map[string]string{}
	for _, f := range p.Findings(context.Background()) {
		all[f.What] = f.Found
	}
	require.Equal(t, "failed: the process ended there before", all[string(unlikeLengths)])
	require.Equal(t, "right", all[string(boolMask)])
	require.Equal(t, "BHSD", all["layout"])
	got, err := trial.Run(context.Background(), p, square(t, asMany), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, got.Verdict.Kind, got.Verdict.Reason)
	got, err = trial.Run(context.Background(), p, square(t, nil), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Crash, got.Verdict.Kind, got.Verdict.Reason)
}

// Memory that a library wraps by whole pages is laid out so, by the process that owns it.
func TestWholePagesInAProcessOfItsOwn(t *testing.T) {
	for _, flags := range [][]string{{"-DPAGES"}, {"-DPAGES=16384"}, {"-DALIGN=4096"}} {
		p := isolated(t, "", flags...)
		for seed := range uint64(8) {
			c := square(t, func(c *cases.Case) { c.Values.Seed = seed })
			got, err := trial.Run(context.Background(), p, c, trial.Options{})
			require.NoError(t, err)
			require.Equal(t, verdict.Pass, got.Verdict.Kind, got.Verdict.Reason)
		}
	}
	p := isolated(t, "pages", "-DPAGES")
	got, err := trial.Run(context.Background(), p, square(t, nil), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, got.Verdict.Kind, got.Verdict.Reason)
}
