package harness_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths/naive"
)

// recorder is a testing.TB that keeps what it is told.
type recorder struct {
	testing.TB
	name   string
	lines  []string
	errors []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return r.name }
func (r *recorder) Failed() bool             { return len(r.errors) > 0 }
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Log(args ...any)          { r.lines = append(r.lines, fmt.Sprint(args...)) }
func (r *recorder) Logf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// leaky lets one key of the future through past row 32 of a causal mask, the bug of kernels that apply the mask to
// their first block only.
type leaky struct{ naive.Path }

func (l leaky) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	timing, err := l.Path.Attend(ctx, c, t)
	if err != nil || c.Mask.Kind != cases.CausalMask || c.Mask.Align != cases.TopLeft {
		return timing, err
	}
	for row := 32; row < c.QLen && row+1 < c.KVLen; row++ {
		for d := range c.HeadDim {
			t.Out.Set(0, 0, row, d, t.Out.At(0, 0, row, d)+t.V.At(0, 0, row+1, d)/64)
		}
	}
	return timing, nil
}

func TestConformPasses(t *testing.T) {
	r := &recorder{name: "TestMine"}
	harness.Conform(r, naive.New(), harness.Cases(30), harness.Preset(gen.Quick), harness.Failures(t.TempDir()))
	require.Empty(t, r.errors)
	require.Contains(t, strings.Join(r.lines, "\n"), "cases conform")
}

func TestConformShowsTheSmallestCaseAndTwoLines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	r := &recorder{name: "TestMine"}
	options := []harness.ConformOption{harness.Cases(300), harness.Failures(dir), harness.Relations(0)}
	harness.Conform(r, leaky{}, options...)
	require.Len(t, r.errors, 1)
	report := r.errors[0]
	require.Contains(t, report, "attest: numeric: out[0,0,32,")
	require.Contains(t, report, "batch 1, heads 1, q_len 33, kv_len 34, head_dim 1, fp32, causal top-left")
	kept, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	lines := strings.Split(report, "\n")
	require.Equal(t, []string{
		"ATTEST_REPLAY=" + kept[0] + " go test -count=1 -run '^TestMine$' attest.example/attest/harness",
		"ATTEST_REDUCE=" + kept[0] + " go test -count=1 -run '^TestMine$' attest.example/attest/harness",
	}, lines[len(lines)-2:])

	// The kept case runs first the next time.
	r = &recorder{name: "TestMine"}
	harness.Conform(r, leaky{}, append(options, harness.Cases(1))...)
	require.Len(t, r.errors, 1)
	require.Contains(t, r.errors[0], kept[0]+": numeric")

	// The first line runs it and nothing else; mended, it passes.
	t.Setenv("ATTEST_REPLAY", kept[0])
	r = &recorder{name: "TestMine"}
	harness.Conform(r, leaky{}, harness.Failures(dir))
	require.Len(t, r.errors, 1)
	r = &recorder{name: "TestMine"}
	harness.Conform(r, naive.New(), harness.Failures(dir))
	require.Empty(t, r.errors)

	// The second line goes on reducing.
	t.Setenv("ATTEST_REPLAY", "")
	t.Setenv("ATTEST_REDUCE", kept[0])
	r = &recorder{name: "TestMine"}
	harness.Conform(r, leaky{}, harness.Failures(dir))
	require.Contains(t, r.errors[0], "q_len 33, kv_len 34")
}

// seer keeps the cases that it is asked to run.
type seer struct {
	naive.Path
	cases *[]harness.Case
}

func (s seer) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	*s.cases = append(*s.cases, c)
	return s.Path.Attend(ctx, c, t)
}

func TestOnlyAndExclude(t *testing.T) {
	only := harness.Only("kv_heads=2", "mask=causal,window", "lengths=more-rows")
	exclude, preset, relations := harness.Exclude("input=bf16", "mask.align=top-left"), harness.Preset(gen.Quick), harness.Relations(0)
	var seen []harness.Case
	r := &recorder{name: "TestMine"}
	harness.Conform(r, seer{cases: &seen}, only, exclude, preset, relations, harness.Cases(20), harness.Failures(""))
	require.Empty(t, r.errors)
	inProperty := len(seen)
	require.True(t, harness.Property(seer{cases: &seen}, only, exclude, preset, relations)(drawn(1)).Success())
	require.Greater(t, len(seen), inProperty)
	for _, c := range seen {
		require.True(t, c.KVHeads == 2 && c.Mask.Align == cases.BottomRight && c.QLen > c.KVLen && c.Input.String() != "bf16", c.String())
	}

	for filter, want := range map[string]string{
		"kv_heads=two": `attest: kv-heads: "two": want an integer from 1 to 131072`,
		"colour=red":   `attest: filter "colour": want one of precision`,
		"causal":       `attest: filter "causal": want name=value, such as mask=causal`,
	} {
		func() {
			defer func() { require.Contains(t, fmt.Sprint(recover()), want) }()
			harness.Conform(&recorder{name: "TestMine"}, naive.New(), harness.Only(filter))
			t.Errorf("%s was accepted", filter)
		}()
		result := harness.Property(naive.New(), harness.Exclude(filter))(drawn(1))
		require.ErrorContains(t, result.Error, strings.TrimPrefix(want, "attest: "))
	}
}

// An argument that can be no one's wish ends a test before it runs anything, and keeps no file that none could read.
func TestArgumentsThatCannotBeAreTold(t *testing.T) {
	mine := naive.New()
	for _, test := range []struct {
		name string
		run  func(t testing.TB)
		want string
	}{
		{"no path", func(t testing.TB) { harness.Conform(t, nil) }, "attest: the path is nil; want an implementation"},
		{"no path to replay", func(t testing.TB) { harness.Replay(t, nil, "../corpus") }, "attest: the path is nil; want an implementation"},
		{"nil option", func(t testing.TB) { harness.Conform(t, mine, harness.Cases(1), nil) }, "attest: option 2 is nil; want one such as Cases(200), or none"},
		{"no cases", func(t testing.TB) { harness.Conform(t, mine, harness.Cases(0)) }, "attest: Cases(0): want 1 or more"},
		{"fewer cases", func(t testing.TB) { harness.Conform(t, mine, harness.Cases(-7)) }, "attest: Cases(-7): want 1 or more"},
		{"no time", func(t testing.TB) { harness.Conform(t, mine, harness.Deadline(0)) }, "attest: Deadline(0s): want a time above 0"},
		{"time before", func(t testing.TB) { harness.Replay(t, mine, "../corpus", harness.Deadline(-time.Second)) }, "attest: Deadline(-1s): want a time above 0"},
		{"fewer calls", func(t testing.TB) { harness.Conform(t, mine, harness.ReduceCalls(-1)) }, "attest: ReduceCalls(-1): want 0 or more; 0 is no bound"},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer func() { require.Equal(t, test.want, fmt.Sprint(recover())) }()
			test.run(&recorder{name: "TestMine"})
		})
	}
	require.ErrorContains(t, harness.Property(nil)(drawn(1)).Error, "the path is nil")
	require.ErrorContains(t, harness.Property(mine, nil)(drawn(1)).Error, "option 1 is nil")
	require.ErrorContains(t, harness.Property(mine, harness.Deadline(-1))(drawn(1)).Error, "Deadline(-1ns)")
	_, err := harness.Try(t.Context(), nil, harness.Case{})
	require.EqualError(t, err, "the path is nil; want an implementation")
}

type nothing struct{ naive.Path }

func (nothing) Supports(harness.Case) error { return fmt.Errorf("closed on Mondays") }

func TestConformDoesNotPassWhereNothingWasShown(t *testing.T) {
	r := &recorder{name: "TestMine"}
	harness.Conform(r, nothing{}, harness.Cases(5), harness.Failures(""))
	require.Len(t, r.errors, 1)
	require.Contains(t, r.errors[0], "nothing shown")
	require.Regexp(t, `(?s)\d+ unsupported:\n\t\d+: closed on Mondays`, strings.Join(r.lines, "\n"))
}

func TestReplayReportsDamageAndRunsTheRest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken.json"), []byte(`{"version":2}`), 0o644))
	c := harness.Case{Version: 1, Batch: 1, Heads: 1, QLen: 40, KVLen: 50, HeadDim: 4, Input: 3, Mask: cases.Mask{Kind: cases.CausalMask}}
	require.NoError(t, c.Normalize())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good.json"), cases.Encode(c), 0o644))
	r := &recorder{name: "TestMine"}
	harness.Replay(r, leaky{}, dir)
	require.Len(t, r.errors, 2)
	require.Contains(t, r.errors[0], "broken.json: case: version: 2; want 1")
	require.Contains(t, r.errors[1], "good.json: numeric")
}

func TestProperty(t *testing.T) {
	parameters := gopter.DefaultTestParametersWithSeed(1)
	parameters.MinSuccessfulTests = 20
	properties := gopter.NewProperties(parameters)
	properties.Property("naive conforms", harness.Property(naive.New(), harness.Preset(gen.Quick)))
	properties.TestingRun(t)
	require.False(t, broken(t, harness.Property(wrong{}, harness.Failures(t.TempDir()))).Success())
}

type wrong struct{ naive.Path }

func (w wrong) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	timing, err := w.Path.Attend(ctx, c, t)
	t.Out.Set(0, 0, 0, 0, t.Out.At(0, 0, 0, 0)*2+math.Pi)
	return timing, err
}

func FuzzNaive(f *testing.F) { harness.Fuzz(f, naive.New(), harness.Seeds("../corpus")) }
