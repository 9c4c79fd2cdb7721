package worker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/fault"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

func TestMain(m *testing.M) {
	worker.Main(open)
	os.Exit(m.Run())
}

// open is what a child of this test opens.
func open(ctx context.Context, name string) (paths.Path, error) {
	if name == "sleeper" {
		paths.Phase(ctx, "loading ./libsleeper.so")
		fmt.Println("compiling 900 kernels")
		time.Sleep(time.Minute)
	}
	if kind, ok := strings.CutPrefix(name, "fault:"); ok {
		return fault.Open(kind)
	}
	if make, ok := further[name]; ok {
		return make(), nil
	}
	return naive.New(), nil
}

const memoryLimit = 128 << 20

func opener(name string) func(context.Context) (paths.Path, error) {
	return func(ctx context.Context) (paths.Path, error) {
		p, err := worker.Open(ctx, worker.Options{Name: name, Memory: memoryLimit})
		if err != nil {
			return nil, err
		}
		return p, nil
	}
}

// small keeps cases small: quick ones, of which a faulty path strikes a share.
func small(t testing.TB, seed uint64) func(int) (cases.Case, error) {
	return stream(t, gen.Quick, seed)
}

func stream(t testing.TB, preset gen.Preset, seed uint64) func(int) (cases.Case, error) {
	t.Helper()
	s, err := gen.NewStream(preset, seed, gen.Filter{})
	require.NoError(t, err)
	return s.Case
}

var presets = []gen.Preset{gen.Quick, gen.Default}

// materialize makes a case's tensors where a trial would.
func materialize(t testing.TB, p paths.Path, c cases.Case) *cases.Tensors {
	t.Helper()
	isolated, ok := p.(paths.Isolated)
	if !ok {
		return cases.Materialize(c)
	}
	memory, err := isolated.Memory(c)
	require.NoError(t, err)
	tensors, err := cases.MaterializeIn(c, memory)
	require.NoError(t, err)
	return tensors
}

func run(t testing.TB, cfg engine.Config) map[int]engine.Result {
	t.Helper()
	results := map[int]engine.Result{}
	cfg.Sink = func(r engine.Result) error { results[r.Index] = r; return nil }
	require.NoError(t, engine.Run(context.Background(), cfg))
	return results
}

// children counts the workers of this process.
func children(t testing.TB) int {
	t.Helper()
	count := 0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		var state string
		var parent int
		fmt.Sscan(rest, &state, &parent)
		if parent == os.Getpid() {
			count++
		}
	}
	return count
}

// mappings counts the shared memory that this process has open or mapped.
func mappings(t testing.TB) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("needs /proc")
	}
	count := strings.Count(string(maps), "memfd:attest")
	files, _ := filepath.Glob("/proc/self/fd/*")
	for _, f := range files {
		if target, _ := os.Readlink(f); strings.Contains(target, "memfd:attest") {
			count++
		}
	}
	return count
}

func TestEveryFaultCostsItsOwnCaseOnly(t *testing.T) {
	const count = 24
	source := small(t, 3)
	for _, kind := range fault.Kinds() {
		if kind.Name == "open" || kind.Verdict == verdict.Relation { // no relation is checked here
			continue
		}
		if testing.Short() && kind.Name != "segv" && kind.Name != "hang" && kind.Name != "wrong" && kind.Name != "stale" {
			continue // a process each
		}
		t.Run(kind.Name, func(t *testing.T) {
			options := trial.Options{Deadline: 20 * time.Second, Repeats: trial.RepeatNone}
			if kind.Verdict == verdict.Hang {
				options.Deadline = 600 * time.Millisecond // a right call takes a few, and longer on a busy machine
			}
			if kind.Verdict == verdict.Nondeterministic {
				options.Repeats = trial.RepeatAll
			}
			every := 5
			if kind.Name == "memory" || kind.Name == "hang" {
				every = 13 // each of these takes its time
			}
			name := fmt.Sprintf("fault:%s?every=%d", kind.Name, every)
			path, err := fault.Open(strings.TrimPrefix(name, "fault:"))
			require.NoError(t, err)
			results := run(t, engine.Config{Source: source, Cases: count, NewPath: opener(name), Trial: options})
			require.Len(t, results, count)
			struck := 0
			for i, r := range results {
				c, err := source(i)
				require.NoError(t, err)
				if kind.Later && len(r.Case.After) > len(c.After) {
					require.Contains(t, r.Verdict.Reason, "only after")
				}
				expected := expected(kind, path, c, r.Case)
				if expected != verdict.Pass {
					struck++
				}
				if expected != verdict.Pass && mayPass(kind, c) && r.Verdict.Kind == verdict.Pass {
					struck--
					continue
				}
				require.Equal(t, expected, r.Verdict.Kind, "case %d, %s: %s\n%s", i, cases.Describe(c), r.Verdict.Reason, r.Stack)
			}
			require.Positive(t, struck, "the fault struck nothing, so this shows nothing")
			require.Less(t, struck, count, "nothing was left unharmed, so this shows nothing")
			require.Zero(t, children(t), "orphan processes")
			require.Zero(t, mappings(t), "leaked shared memory")
		})
	}
}

// expected is the verdict on a case, which came back with the predecessors that its failure needs.
func expected(kind fault.Kind, path *fault.Path, c, told cases.Case) verdict.Kind {
	switch {
	case kind.Later && len(told.After) > len(c.After):
		return kind.Verdict
	case kind.Verdict == verdict.Nondeterministic && c.Output != precision.FP32:
		return verdict.Pass
	case !kind.Later && path.Strikes(c):
		return kind.Verdict
	case strikesBefore(path, c) && (kind.Later || !judgedOnly(kind.Verdict)):
		return kind.Verdict
	}
	return verdict.Pass
}

// mayPass reports whether a fault may do no harm: a NaN is right in some cases, and a read between a buffer and the end
// of its slot shows nothing.
func mayPass(kind fault.Kind, c cases.Case) bool {
	return kind.Name == "overread" || (kind.Name == "nan" || kind.Name == "unwritten") && c.Values.Special()
}

// strikesBefore reports whether the fault strikes one of the predecessors that a case brings.
func strikesBefore(p *fault.Path, c cases.Case) bool {
	for _, before := range c.After {
		if p.Strikes(before) {
			return true
		}
	}
	return false
}

// judgedOnly reports whether a predecessor, which is not judged, can end so unnoticed.
func judgedOnly(k verdict.Kind) bool {
	return k == verdict.Numeric || k == verdict.Special || k == verdict.Nondeterministic
}

func plain(t testing.TB, change func(*cases.Case)) cases.Case {
	t.Helper()
	c := cases.Case{Version: 1, Batch: 1, Heads: 2, QLen: 9, KVLen: 20, HeadDim: 16, Input: precision.FP16}
	if change != nil {
		change(&c)
	}
	require.NoError(t, c.Normalize())
	return c
}
