package harness_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths/naive"
)

func TestCasesAreThoseThatAreJudged(t *testing.T) {
	r := &recorder{name: "TestMine"}
	harness.Conform(r, little{}, harness.Cases(60), harness.Preset("quick"), harness.Failures(""))
	require.Empty(t, r.errors)
	log := strings.Join(r.lines, "\n")
	require.Regexp(t, `^attest: 60 cases conform\n\d+ unsupported:\n`, log)
	require.Regexp(t, `\t\d+: input bf16, output bf16: want fp32\n`, log)
	require.Regexp(t, `\t\d+: head_dim N: want a multiple of N\n`, log, "a refusal by the call is counted as one by Supports")
	require.Regexp(t, `\n\d+ relations held, \d+ left out:\n\t\d+: [a-z-]+: the path does not support the derived case: `, log)
}

// The failure of a path that supports little is found too, and its origin names the draw.
func TestAFailureAmongDrawsIsNamed(t *testing.T) {
	r := &recorder{name: "TestMine"}
	harness.Conform(r, wrongLittle{}, harness.Cases(60), harness.Failures(""))
	require.Len(t, r.errors, 1)
	require.Regexp(t, `case \d+ of seed 1, draw \d+, reduced in`, r.errors[0])
}

type wrongLittle struct{ little }

func (w wrongLittle) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	timing, err := w.little.Attend(ctx, c, t)
	if err == nil {
		t.Out.Set(0, 0, 0, 0, t.Out.At(0, 0, 0, 0)+1)
	}
	return timing, err
}

// tiring refuses everything once it has been called so often.
type tiring struct {
	naive.Path
	calls *int
}

func (p tiring) Supports(harness.Case) error {
	if *p.calls >= 5 {
		return fmt.Errorf("tired")
	}
	return nil
}

func (p tiring) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	*p.calls++
	return p.Path.Attend(ctx, c, t)
}

func TestLittleShownFails(t *testing.T) {
	for _, test := range []struct {
		cases int
		want  string
	}{
		{100, `^attest: little shown: \d of 100 cases were judged: the path refuses nearly everything`}, {6, ""},
	} {
		r := &recorder{name: "TestMine"}
		harness.Conform(r, tiring{calls: new(int)}, harness.Cases(test.cases), harness.Preset("quick"), harness.Relations(0),
			harness.Failures(""), harness.Only("single=true"))
		if test.want != "" {
			require.Len(t, r.errors, 1)
			require.Regexp(t, test.want, r.errors[0])
			continue
		}
		require.Empty(t, r.errors)
		require.Regexp(t, `attest: ONLY \d OF 6 CASES JUDGED: `, strings.Join(r.lines, "\n"))
	}
}

// ending is a test with a deadline.
type ending struct {
	*recorder
	deadline time.Time
}

func (e ending) Deadline() (time.Time, bool) { return e.deadline, true }

type sleepy struct{ naive.Path }

func (s sleepy) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	select {
	case <-ctx.Done():
		return harness.Timing{}, ctx.Err()
	case <-time.After(50 * time.Millisecond):
	}
	return s.Path.Attend(ctx, c, t)
}

func TestConformStopsBeforeTheTestsDeadline(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	r := ending{&recorder{name: "TestMine"}, time.Now().Add(5 * time.Second)}
	harness.Conform(r, sleepy{}, harness.Cases(100_000), harness.Preset("quick"), harness.Failures(""))
	require.Len(t, r.errors, 1)
	require.Regexp(t, `^attest: little shown: \d+ of 100000 cases were judged: the test's deadline is near \(go test -timeout\)`, r.errors[0])
	require.Regexp(t, `^attest: [1-9]\d* cases conform`, strings.Join(r.lines, "\n"), "what was done is told")

	// A call that never comes back, with a deadline of its own past the test's, does not keep the test either.
	release := make(chan struct{})
	defer close(release)
	r = ending{&recorder{name: "TestMine"}, time.Now().Add(4 * time.Second)}
	stuck := &single{release: release, slow: func(harness.Case) bool { return true }}
	harness.Conform(r, stuck, harness.Cases(10), harness.Deadline(time.Hour), harness.Failures(""))
	require.Len(t, r.errors, 1)
	require.Regexp(t, `^attest: nothing shown: .*deadline is near.*; case 0 of seed 1 was given up after \d+s`, r.errors[0])
	require.EqualValues(t, 1, stuck.most.Load())
}

// single counts how many calls run at once. Where it is slow it ends when it is released, whatever its context asks for.
type single struct {
	naive.Path
	slow    func(harness.Case) bool
	release <-chan struct{}
	after   time.Duration // or then, where not 0
	now     atomic.Int32
	most    atomic.Int32
	calls   atomic.Int32
}

func (s *single) Attend(_ context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	s.calls.Add(1)
	if now := s.now.Add(1); now > s.most.Load() {
		s.most.Store(now)
	}
	defer s.now.Add(-1)
	switch {
	case !s.slow(c):
	case s.after > 0:
		time.Sleep(s.after)
	default:
		<-s.release
	}
	return s.Path.Attend(context.Background(), c, t)
}

func longer(c harness.Case) bool { return c.QLen > 20 }

func TestConformDoesNotCallAPathThatIsBusy(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	p := &single{release: release, slow: longer}
	r := &recorder{name: "TestMine"}
	harness.Conform(r, p, harness.Cases(50), harness.Preset("quick"), harness.Deadline(300*time.Millisecond), harness.Failures(""))
	require.Len(t, r.errors, 1)
	require.Regexp(t, `^attest: hang: .*\n.*, not reduced \(`, r.errors[0])
	require.Contains(t, r.errors[0], "the path is still busy with a call that overran its deadline):")
	require.EqualValues(t, 1, p.most.Load())

	// One that comes back late is waited for, and its failure made smaller.
	p = &single{after: time.Second, slow: longer}
	r = &recorder{name: "TestMine"}
	harness.Conform(r, p, harness.Cases(50), harness.Preset("quick"), harness.Deadline(600*time.Millisecond), harness.Failures(""), harness.ReduceCalls(5))
	require.Len(t, r.errors, 1)
	require.Regexp(t, `attest: hang: .*\n.* reduced in [1-5] runs to:`, r.errors[0])
	require.EqualValues(t, 1, p.most.Load())
}

func TestReplayAndPropertyDoNotCallAPathThatIsBusy(t *testing.T) {
	dir := t.TempDir()
	for _, qLen := range []int{30, 10} {
		c := harness.Case{Version: 1, Batch: 1, Heads: 1, QLen: qLen, KVLen: 9, HeadDim: 4, Input: harness.FP32}
		require.NoError(t, c.Normalize())
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", 100-qLen)), cases.Encode(c), 0o644))
	}
	release := make(chan struct{})
	defer close(release)
	p := &single{release: release, slow: longer}
	r := &recorder{name: "TestMine"}
	func() {
		defer func() { require.Contains(t, fmt.Sprint(recover()), "90.json: the path is still busy") }()
		harness.Replay(r, p, dir, harness.Deadline(200*time.Millisecond))
		t.Error("the second case ran")
	}()
	require.Len(t, r.errors, 1, "the first hangs")
	require.EqualValues(t, 1, p.calls.Load())

	p = &single{release: release, slow: func(harness.Case) bool { return true }}
	result := harness.Property(p, harness.Deadline(200*time.Millisecond), harness.Failures(""))(drawn(1))
	require.ErrorContains(t, result.Error, "still busy")
	require.EqualValues(t, 1, p.calls.Load())
}

func TestAFileThatIsAskedForMustBeJudged(t *testing.T) {
	c := harness.Case{Version: 1, Batch: 1, Heads: 1, QLen: 4, KVLen: 9, HeadDim: 4, Input: harness.FP16}
	require.NoError(t, c.Normalize())
	file := filepath.Join(t.TempDir(), "half.json")
	require.NoError(t, os.WriteFile(file, cases.Encode(c), 0o644))
	want := "half.json: unsupported: input fp16, output fp16: want fp32"
	for _, variable := range []string{"ATTEST_REPLAY", "ATTEST_REDUCE"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, file)
			for name, run := range map[string]func(r *recorder){
				"Conform": func(r *recorder) { harness.Conform(r, little{}) },
				"Replay":  func(r *recorder) { harness.Replay(r, little{}, "nowhere") },
			} {
				r := &recorder{name: "TestMine"}
				run(r)
				require.Len(t, r.errors, 1, name)
				require.Contains(t, r.errors[0], want, name)
			}
			result := harness.Property(little{})(drawn(1))
			require.ErrorContains(t, result.Error, want)
		})
	}
	// Of a folder it is one of many.
	r := &recorder{name: "TestMine"}
	c.Input, c.Output = harness.FP32, harness.FP32
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(file), "whole.json"), cases.Encode(c), 0o644))
	harness.Replay(r, little{}, filepath.Dir(file))
	require.Empty(t, r.errors)
	require.Regexp(t, `^attest: 1 cases conform\n1 unsupported:\n\t1: input fp16`, strings.Join(r.lines, "\n"))
}

// refusing has no answer when it is asked.
type refusing struct{ little }

func (refusing) Supports(harness.Case) error { return nil }

func (r refusing) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	if err := r.little.Supports(c); err != nil {
		return harness.Timing{}, harness.Unsupported("%w", err)
	}
	return r.little.Attend(ctx, c, t)
}

func TestPropertyCountsJudgedCases(t *testing.T) {
	for _, p := range []harness.Path{little{}, refusing{}} {
		seen := 0
		parameters := gopter.DefaultTestParametersWithSeed(3)
		parameters.MinSuccessfulTests = 5
		properties := gopter.NewProperties(parameters)
		properties.Property("conforms", harness.Property(counting{p, &seen}, harness.Preset("quick"), harness.Relations(0)))
		require.True(t, properties.Run(gopter.ConsoleReporter(false)))
		require.GreaterOrEqual(t, seen, 5)
	}
	property := harness.Property(nothing{}, harness.Preset("quick"))
	require.Equal(t, gopter.PropUndecided, property(drawn(1)).Status, "discarded")
	result := property(drawn(1))
	require.Equal(t, gopter.PropError, result.Status)
	require.ErrorContains(t, result.Error, "nothing shown: no case could be judged")
	require.ErrorContains(t, result.Error, ": closed on Mondays")
}

// counting counts the calls that came to an output.
type counting struct {
	harness.Path
	seen *int
}

func (p counting) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	timing, err := p.Path.Attend(ctx, c, t)
	if err == nil {
		*p.seen++
	}
	return timing, err
}

// What shrinking makes of a failure may be what the path refuses: it is no failure.
func TestPropertyShrinksToWhatIsSupported(t *testing.T) {
	result := broken(t, harness.Property(wrongLittle{}, harness.Failures("")))
	require.Equal(t, gopter.PropError, result.Status)
	require.ErrorContains(t, result.Error, "attest: numeric: ")
	require.ErrorContains(t, result.Error, "fp32, no mask")
}

func TestFuzzSkipsWhatIsNotSupported(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	out, err := exec.Command(self, "-test.run", "^FuzzRefusing$", "-test.v").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Regexp(t, `unsupported: (input|mask|kv_heads|lse|layout|head_dim) `, string(out))
	require.Contains(t, string(out), "--- SKIP: FuzzRefusing/")
	require.Contains(t, string(out), "--- PASS: FuzzRefusing/")
}

func FuzzRefusing(f *testing.F) { harness.Fuzz(f, refusing{}, harness.Seeds("../corpus")) }
