package compare

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noisy is a run whose times follow from its parameters alone.
type noisy struct {
	dir, path   string
	seed        uint64 // of the cases
	noise       uint64 // of the times
	cases       int
	dispatches  int // 0: no device clock
	slowdown    func(cases.Case) float64
	verdict     func(int) verdict.Verdict
	device      string
	identically bool // one case, again and again
}

func (n noisy) write(t testing.TB) string {
	t.Helper()
	h := record.Header{Path: n.path, Device: n.device, Toolchain: "tool", OS: "linux", Arch: "amd64", Commit: "0123abc", Seed: n.seed}
	run, err := record.Open(n.dir, nil, h)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(n.noise, 1))
	for i := range n.cases {
		c := problem(t, n.seed, i)
		if n.identically {
			c = problem(t, n.seed, 1)
		}
		v := verdict.Verdict{Kind: verdict.Pass}
		if n.verdict != nil {
			v = n.verdict(i)
		}
		per := record.Instructions(c) / 1e9
		if n.slowdown != nil {
			per *= n.slowdown(c)
		}
		var timing paths.Timing
		for range n.dispatches {
			timing.DeviceSeconds = append(timing.DeviceSeconds, per*math.Exp(0.05*random.NormFloat64()))
		}
		r := record.NewResult(c, n.path, paths.Description{Device: n.device}, v, timing, float64(3+n.dispatches)*per*math.Exp(0.05*random.NormFloat64()))
		r.Index = i
		require.NoError(t, run.Append(r))
	}
	require.NoError(t, run.Close())
	return n.dir
}

// problem returns the i-th case of a seed: one in three causal, one in two fp16, all of one shape class but for one
// in four, which has few rows.
func problem(t testing.TB, seed uint64, i int) cases.Case {
	t.Helper()
	c := cases.Case{
		Version: cases.Version, Batch: 1, Heads: 2, QLen: 16 + i%5, KVLen: 40 + i%7, HeadDim: 16, Input: precision.FP16,
		Values: cases.Values{Seed: seed + uint64(1000*i)},
	}
	if i%2 == 1 {
		c.Input = precision.BF16
	}
	if i%3 == 0 {
		c.Mask.Kind = cases.CausalMask
	}
	if i%4 == 0 {
		c.QLen = 1
	}
	require.NoError(t, c.Normalize())
	return c
}

func text(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b))
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// inTemp runs the test in a folder of its own, so that the reports name short paths.
func inTemp(t *testing.T) func(name string, got string) {
	t.Helper()
	home, err := os.Getwd()
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	return func(name, got string) {
		t.Helper()
		dir, err := os.Getwd()
		require.NoError(t, err)
		t.Chdir(home)
		golden(t, name, got)
		t.Chdir(dir)
	}
}

func TestARunAgainstItselfIsTheSame(t *testing.T) {
	hold := inTemp(t)
	dir := noisy{dir: "run", path: "host", cases: 60, dispatches: 3}.write(t)
	r, err := Compare(dir, dir, Options{Threshold: 0.05})
	require.NoError(t, err)
	require.False(t, r.Worse())
	require.Empty(t, r.Changes)
	require.Equal(t, 60, r.Shared)
	require.InDelta(t, 1, r.All.GeoMean, 1e-12)
	for _, row := range append(r.Rows, *r.All) {
		require.Equal(t, 1.0, row.P)
	}
	hold("same.txt", text(t, r))
}

func TestASlowdownOfOneGroupAndABrokenCaseAreFound(t *testing.T) {
	hold := inTemp(t)
	old := noisy{dir: "old", path: "host", cases: 120, dispatches: 3, noise: 1, verdict: func(i int) verdict.Verdict {
		switch i {
		case 7:
			return verdict.Verdict{Kind: verdict.Numeric, Reason: "was off by 3"}
		case 8, 9:
			return verdict.Verdict{Kind: verdict.Unsupported, Reason: "no such mask"}
		case 10:
			return verdict.Verdict{Kind: verdict.Numeric}
		}
		return verdict.Verdict{Kind: verdict.Pass}
	}}
	after := noisy{dir: "new", path: "host", cases: 121, dispatches: 3, noise: 2, device: "another CPU", slowdown: func(c cases.Case) float64 {
		if c.Mask.Kind == cases.CausalMask && c.QLen > 8 {
			return 1.3
		}
		return 1
	}, verdict: func(i int) verdict.Verdict {
		switch i {
		case 5:
			return verdict.Verdict{Kind: verdict.Special, Reason: "NaN in\nhead 1"}
		case 6:
			return verdict.Verdict{Kind: verdict.Inconclusive}
		case 9, 120:
			return verdict.Verdict{Kind: verdict.Crash, Reason: "signal 11"}
		case 10:
			return verdict.Verdict{Kind: verdict.Guard, Reason: "wrote behind out"}
		}
		return verdict.Verdict{Kind: verdict.Pass}
	}}
	r, err := Compare(old.write(t), after.write(t), Options{Threshold: 0.05, By: []string{"shape", "mask"}})
	require.NoError(t, err)
	require.True(t, r.Worse())
	var kinds []ChangeKind
	for _, c := range r.Changes {
		kinds = append(kinds, c.Kind)
	}
	require.Equal(t, []ChangeKind{Broke, NewWrong, NewWrong, Differs, Lost, Fixed, Gained}, kinds)
	for _, row := range r.Rows {
		slowed := row.Group == Group{Shape: "short", Mask: "causal"}
		require.Equal(t, slowed, row.Slower, row.Group)
		if slowed {
			require.InDelta(t, 1.3, row.Ratio.Center, 0.05)
			require.Less(t, row.Ratio.Lo, 1.35)
			require.Greater(t, row.Ratio.Hi, 1.25)
		}
	}
	hold("worse.txt", text(t, r))
}

func TestASlowdownBelowTheThresholdIsNotHeldAgainstTheRun(t *testing.T) {
	dir := t.TempDir()
	slower := func(cases.Case) float64 { return 1.08 }
	old := noisy{dir: filepath.Join(dir, "old"), path: "host", cases: 100, dispatches: 5, noise: 1}.write(t)
	after := noisy{dir: filepath.Join(dir, "new"), path: "host", cases: 100, dispatches: 5, noise: 2, slowdown: slower}.write(t)
	for threshold, want := range map[float64]bool{0: true, 0.05: true, 0.12: false} {
		r, err := Compare(old, after, Options{Threshold: threshold})
		require.NoError(t, err)
		require.Equal(t, want, r.Worse(), threshold)
		back, err := Compare(after, old, Options{Threshold: threshold})
		require.NoError(t, err)
		require.False(t, back.Worse(), "faster is not worse")
		require.Equal(t, want, back.All.Faster)
		require.InEpsilon(t, 1/r.All.GeoMean, back.All.GeoMean, 1e-12)
	}
}

// A false alarm anywhere in the report is no more likely than alpha. 300 comparisons at alpha 0.05: 15 expected at most,
// and 30 is four standard deviations more.
func TestEqualRunsRaiseFalseAlarmsAsRarelyAsPromised(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, shape := range []struct{ cases, dispatches, groups int }{{60, 1, 4}, {40, 5, 12}, {4, 6, 4}, {12, 6, 4}} {
		alarms := 0
		for range 300 {
			r := &Report{Options: Options{Alpha: 0.05}, Old: &Side{entries: map[key]*entry{}}, New: &Side{entries: map[key]*entry{}}}
			require.NoError(t, r.Options.fill())
			for i := range shape.cases {
				k := key{id: fmt.Sprint(i)}
				size := math.Exp(3 * random.Float64())
				for _, s := range []*Side{r.Old, r.New} {
					e := &entry{group: Group{Shape: fmt.Sprint(i % shape.groups)}}
					for range shape.dispatches {
						e.device = append(e.device, size*math.Exp(0.2*random.NormFloat64()))
					}
					s.entries[k] = e
				}
			}
			r.compareSpeed()
			for _, row := range append(r.Rows, *r.All) {
				if row.Slower || row.Faster {
					alarms++
					break
				}
			}
		}
		require.Less(t, alarms, 30, shape)
	}
}

func TestAFewCasesAreComparedByTheirDispatches(t *testing.T) {
	dir := t.TempDir()
	double := func(cases.Case) float64 { return 2 }
	old := noisy{dir: filepath.Join(dir, "old"), path: "host", cases: 1, dispatches: 8, noise: 1}.write(t)
	after := noisy{dir: filepath.Join(dir, "new"), path: "host", cases: 1, dispatches: 8, noise: 2, slowdown: double}.write(t)
	r, err := Compare(old, after, Options{})
	require.NoError(t, err)
	require.False(t, r.Rows[0].Paired)
	require.True(t, r.Rows[0].Slower)
	few := noisy{dir: filepath.Join(dir, "few"), path: "host", cases: 1, dispatches: 2, noise: 2, slowdown: double}.write(t)
	r, err = Compare(old, few, Options{})
	require.NoError(t, err)
	require.False(t, r.Worse(), "two dispatches show nothing")
	require.Contains(t, text(t, r), "need >= 6 samples")
}

func TestRunsWithoutACommonCaseAreComparedByWork(t *testing.T) {
	hold := inTemp(t)
	double := func(cases.Case) float64 { return 2 }
	old := noisy{dir: "old", path: "host", cases: 24, dispatches: 1, seed: 1, noise: 1}.write(t)
	after := noisy{dir: "new", path: "host", cases: 24, dispatches: 1, seed: 2, noise: 2, slowdown: double}.write(t)
	r, err := Compare(old, after, Options{Threshold: 0.05, By: []string{"shape"}})
	require.NoError(t, err)
	require.True(t, r.Worse())
	require.Zero(t, r.Shared)
	require.InDelta(t, 2, r.All.Ratio.Center, 0.2)
	hold("different-cases.txt", text(t, r))
}

func TestTwoPathsAreComparedCaseByCase(t *testing.T) {
	dir := t.TempDir()
	naive := noisy{dir: filepath.Join(dir, "old"), path: "naive", cases: 40, noise: 1}.write(t)
	host := noisy{dir: filepath.Join(dir, "new"), path: "host", cases: 40, noise: 2, dispatches: 1}.write(t)
	r, err := Compare(naive, host, Options{})
	require.NoError(t, err)
	require.Equal(t, 40, r.All.Pairs)
	require.Equal(t, record.UnitWall, r.Unit, "one of them has no device clock")
	require.Equal(t, "naive -> host", r.Rows[0].Group.Path)
}

func TestTheWorseOfTwoVerdictsCounts(t *testing.T) {
	dir := t.TempDir()
	once := noisy{dir: filepath.Join(dir, "old"), path: "host", cases: 3, identically: true}
	twice := once
	twice.dir = filepath.Join(dir, "new")
	twice.verdict = func(i int) verdict.Verdict {
		if i == 1 {
			return verdict.Verdict{Kind: verdict.Nondeterministic, Reason: "only the second time"}
		}
		return verdict.Verdict{Kind: verdict.Pass}
	}
	r, err := Compare(once.write(t), twice.write(t), Options{})
	require.NoError(t, err)
	require.Len(t, r.Changes, 1)
	require.Equal(t, Broke, r.Changes[0].Kind)
	require.Equal(t, "only the second time", r.Changes[0].Reason)
}

func TestManyChangesAreCounted(t *testing.T) {
	dir := t.TempDir()
	old := noisy{dir: filepath.Join(dir, "old"), path: "host", cases: 30}.write(t)
	after := noisy{dir: filepath.Join(dir, "new"), path: "host", cases: 30, verdict: func(int) verdict.Verdict {
		return verdict.Verdict{Kind: verdict.Hang}
	}}.write(t)
	r, err := Compare(old, after, Options{})
	require.NoError(t, err)
	out := text(t, r)
	require.Equal(t, 20, strings.Count(out, "pass -> hang"))
	require.Contains(t, out, "broke      and 10 more")
	require.Contains(t, out, "no speed to compare")
	require.Contains(t, out, "WORSE: 30 cases wrong that were not before")
}
