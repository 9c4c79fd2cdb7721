package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/fault"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
	"attest.example/attest/reference"
)

// further are paths that only these tests open.
var further = map[string]func() paths.Path{
	"odd":    func() paths.Path { return odd{} },
	"parent": func() paths.Path { return &withChild{} },
	"worn":   func() paths.Path { return worn{} },
}

// odd declares unusual things, all of which must arrive.
type odd struct{ naive.Path }

func (odd) Name() string { return "an odd path" }
func (odd) Describe() paths.Description {
	return paths.Description{Device: "abacus", Toolchain: "wood"}
}
func (odd) Promises(c cases.Case) paths.Promises { return paths.Promises{NaN: c.QLen == 9} }

func (odd) Arithmetic(c cases.Case) reference.Arithmetic {
	a := naive.New().Arithmetic(c)
	a.Exp = reference.ExpError{A: 7, B: 0.25}
	a.Empty = reference.EmptyNaN
	return a
}

func (odd) Supports(c cases.Case) error {
	if c.Scale != nil && *c.Scale == 0 {
		return errors.New("the scale is 0, and arrived")
	}
	if c.HeadDim == 3 {
		return errors.New("no threes")
	}
	return nil
}

func (odd) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	fmt.Println("a library that talks on standard output")
	_, err := naive.New().Attend(ctx, c, t)
	switch c.HeadDim {
	case 5:
		err = context.DeadlineExceeded
	case 6:
		err = numeric{}
	}
	return paths.Timing{DeviceSeconds: []float64{1, 0, 3}, CompileSeconds: 4, Cached: true}, err
}

func (odd) Peak(context.Context) (float64, error) { return 1.5e9, nil }

// worn ends when its device is asked for all that it can do.
type worn struct{ naive.Path }

func (worn) Peak(context.Context) (float64, error) {
	os.Exit(3)
	return 0, nil
}

func (odd) Variants() []paths.Variant {
	return []paths.Variant{{Label: "the same", Path: naive.New(), SameBits: true}}
}

type numeric struct{}

func (numeric) Error() string { return "judged" }
func (numeric) Verdict() verdict.Verdict {
	return verdict.Verdict{Kind: verdict.Numeric, Where: &verdict.Place{}}
}

// withChild starts a program that would outlive it.
type withChild struct{ naive.Path }

func (withChild) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if err := exec.Command("sleep", "987").Start(); err != nil {
		return paths.Timing{}, err
	}
	os.Exit(5)
	return paths.Timing{}, nil
}

func openWorker(t testing.TB, name string) *worker.Path {
	t.Helper()
	p, err := worker.Open(context.Background(), worker.Options{Name: name, Memory: memoryLimit})
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func try(t testing.TB, p paths.Path, c cases.Case) trial.Outcome {
	t.Helper()
	outcome, err := trial.Run(context.Background(), p, c, trial.Options{Deadline: 20 * time.Second, Repeats: trial.RepeatNone})
	require.NoError(t, err)
	return outcome
}

func TestAPeakThatCostsTheProcess(t *testing.T) {
	p := openWorker(t, "worn")
	_, err := p.Peak(t.Context())
	require.ErrorContains(t, err, "measure the peak of path naive")
	c, err := small(t, 1)(0)
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, try(t, p, c).Verdict.Kind, "and the next call finds another one")
	flops, err := openWorker(t, "plain naive").Peak(t.Context())
	require.NoError(t, err)
	require.Zero(t, flops, "it measures none")
}

func TestWhatAPathSaysArrives(t *testing.T) {
	p, inner := openWorker(t, "odd"), odd{}
	require.Equal(t, inner.Name(), p.Name())
	require.Equal(t, inner.Describe(), p.Describe())
	flops, err := paths.PeakOf(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, 1.5e9, flops)
	for _, c := range []cases.Case{plain(t, nil), plain(t, func(c *cases.Case) { c.QLen = 4 })} {
		require.Equal(t, inner.Arithmetic(c), p.Arithmetic(c))
		require.Equal(t, inner.Promises(c), paths.PromisesOf(p, c))
		require.NoError(t, p.Supports(c))
	}
	require.EqualError(t, p.Supports(plain(t, func(c *cases.Case) { c.HeadDim = 3 })), "no threes")
	zero := plain(t, nil).WithScale(0)
	require.EqualError(t, p.Supports(zero), "the scale is 0, and arrived")
	outcome := try(t, p, plain(t, nil))
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Equal(t, []float64{1, 0, 3}, outcome.Timing.DeviceSeconds)
	require.True(t, outcome.Timing.Cached)
	require.Equal(t, verdict.Hang, try(t, p, plain(t, func(c *cases.Case) { c.HeadDim = 5 })).Verdict.Kind)
	judged := try(t, p, plain(t, func(c *cases.Case) { c.HeadDim = 6 })).Verdict
	require.Equal(t, verdict.Numeric, judged.Kind)
	require.NotNil(t, judged.Where)
	variants := p.Variants()
	require.Len(t, variants, 1)
	require.Equal(t, naive.New().Arithmetic(plain(t, nil)), variants[0].Path.Arithmetic(plain(t, nil)))
}

// The same bits come out of a worker, whether the tensors lie in shared memory or are copied, for every layout.
func TestAWorkerComputesWhatThePathDoes(t *testing.T) {
	p := openWorker(t, "naive")
	source := small(t, 9)
	for i := range 40 {
		c, err := source(i)
		require.NoError(t, err)
		want := cases.Materialize(c)
		_, err = naive.New().Attend(context.Background(), c, want)
		require.NoError(t, err)
		copied := cases.Materialize(c)
		for how, got := range map[string]*cases.Tensors{"shared": materialize(t, p, c), "copied": copied} {
			_, err = p.Attend(context.Background(), c, got)
			require.NoError(t, err)
			for j, b := range got.Buffers() {
				if string(b.Data) != string(want.Buffers()[j].Data) {
					t.Fatalf("case %d, %s: %s differs", i, how, b.Name)
				}
			}
		}
	}
}

// Large tensors make the shared memory grow, and small ones after them give it back.
func TestMemoryGrowsAndShrinks(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own memory is past the limit")
	}
	defer worker.Frugal()()
	p := openWorker(t, "naive")
	sizes := []int{}
	for _, kvLen := range []int{20, 1 << 13, 20, 3 << 13, 20} {
		c := plain(t, func(c *cases.Case) { c.KVLen, c.QLen, c.HeadDim = kvLen, 1, 64 })
		got, want := materialize(t, p, c), cases.Materialize(c)
		_, err := p.Attend(context.Background(), c, got)
		require.NoError(t, err)
		_, err = naive.New().Attend(context.Background(), c, want)
		require.NoError(t, err)
		if string(got.Out.Data) != string(want.Out.Data) {
			t.Fatalf("kv_len %d: other bits", kvLen)
		}
		sizes = append(sizes, p.SharedBytes())
	}
	require.Less(t, sizes[0], sizes[1])
	require.Less(t, sizes[1], sizes[3])
	require.Equal(t, sizes[0], sizes[2])
	require.Equal(t, sizes[0], sizes[4])
}

func TestGuardVerdictsSayWhichBufferHowFarAndWhichWay(t *testing.T) {
	seen := map[string]bool{}
	for kind, want := range map[string]string{"overrun": "past the end of out", "underrun": "before the start of out", "overread": "past the end of k"} {
		p := openWorker(t, "fault:"+kind+"?every=1")
		for seed := range uint64(8) {
			v := try(t, p, plain(t, func(c *cases.Case) { c.Values.Seed = seed })).Verdict
			if kind == "overread" && v.Kind == verdict.Pass {
				continue // it read a byte of its slot: nothing shows that
			}
			require.Equal(t, verdict.Guard, v.Kind, v.Reason)
			require.Contains(t, v.Reason, want)
			seen[kind+strings.Fields(v.Reason)[0]] = true
		}
	}
	// Half of the cases run into a page, the other half into a band.
	for _, way := range []string{"overruntouched", "overrunwrote", "underruntouched", "underrunwrote", "overreadtouched"} {
		require.True(t, seen[way], "%s in %v", way, seen)
	}
}

func TestReasonsTellSignalAndPlace(t *testing.T) {
	for kind, want := range map[string]string{
		"segv": "SIGSEGV", "abort": "SIGABRT", "fpe": "SIGFPE", "bus": "SIGBUS", "kill": "killed by SIGKILL",
		"exit": "exit status 3", "wild": "panic: runtime error", "panic": "panic: on purpose",
		"garbage": `garbage on the pipe: "kernel: 32 t"`, "memory": "its limit of 128 MiB",
	} {
		outcome := try(t, openWorker(t, "fault:"+kind+"?every=1"), plain(t, nil))
		require.Contains(t, outcome.Verdict.Reason, want, kind)
		if kind == "segv" || kind == "panic" || kind == "abort" {
			require.Contains(t, outcome.Verdict.Reason, "paths/fault", kind)
			require.Contains(t, outcome.Stack, "goroutine", kind)
		}
	}
}

func TestAHangSaysWhere(t *testing.T) {
	p := openWorker(t, "fault:hang?every=1")
	outcome, err := trial.Run(context.Background(), p, plain(t, nil), trial.Options{Deadline: 100 * time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, verdict.Hang, outcome.Verdict.Kind)
	require.Contains(t, outcome.Verdict.Reason, "fault.hang")
	require.False(t, outcome.Lost, "a worker is never lost to the engine")
}

func TestAnInterruptIsNoVerdict(t *testing.T) {
	p := openWorker(t, "fault:hang?every=1")
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := trial.Run(ctx, p, plain(t, nil), trial.Options{Deadline: time.Minute})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, children(t))
}

func TestNothingThatAPathStartedOutlivesItsWorker(t *testing.T) {
	outcome := try(t, openWorker(t, "parent"), plain(t, nil))
	require.Equal(t, verdict.Crash, outcome.Verdict.Kind)
	require.Eventually(t, func() bool {
		return exec.Command("pgrep", "-f", "^sleep 987$").Run() != nil
	}, 5*time.Second, 20*time.Millisecond)
}

func TestAPathThatCannotOpenSaysWhy(t *testing.T) {
	_, err := opener("fault:open")(context.Background())
	require.ErrorContains(t, err, "it refuses to open, on purpose")
	_, err = opener("fault:teapot")(context.Background())
	require.ErrorContains(t, err, `kind "teapot": want one of segv, `)
	require.Zero(t, children(t))
	require.Zero(t, mappings(t))
}

// The same seed has the same verdicts with one worker and with four, also where they crash.
func TestVerdictsOfFaultsDoNotDependOnWorkers(t *testing.T) {
	count := 48
	if testing.Short() {
		count = 16 // each may cost a process
	}
	for _, kind := range []string{"segv", "stale", "poison"} {
		verdicts := map[int][]string{}
		for _, workers := range []int{1, 4} {
			results := run(t, engine.Config{Source: small(t, 4), Cases: count, Workers: workers, NewPath: opener("fault:" + kind),
				Trial: trial.Options{Relations: 1, Workers: 1}})
			for i := range count {
				verdicts[workers] = append(verdicts[workers], fmt.Sprint(i, cases.Name(results[i].Case), results[i].Verdict.Kind))
			}
		}
		require.Equal(t, verdicts[1], verdicts[4], kind)
	}
}

// In this process the kinds that would harm it refuse.
func TestHarmfulFaultsStrikeOnlyInAWorker(t *testing.T) {
	for _, kind := range fault.Kinds() {
		if !kind.Isolated || kind.Name == "open" {
			continue
		}
		p, err := fault.Open(kind.Name + "?every=1")
		require.NoError(t, err)
		_, err = p.Attend(context.Background(), plain(t, nil), cases.Materialize(plain(t, nil)))
		require.ErrorContains(t, err, "strikes only in a worker")
	}
}
