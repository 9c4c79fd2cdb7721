package harness_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
)

// peeking lets the last value row, which a row may not be allowed to see, change the last bit of the first element: so
// little that every element stays within its bound, and only a law between two runs can tell; a 0 may have no bound but 0.
type peeking struct{ naive.Path }

func (p peeking) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	timing, err := p.Path.Attend(ctx, c, t)
	if err != nil || t.Out.Format != precision.FP32 || !t.V.Format.Valid() || c.KVLen < 3 {
		return timing, err
	}
	sum := byte(0)
	for d := range c.VDim() {
		at := t.V.Index(0, 0, c.KVLen-1, d) * t.V.Format.Size()
		for _, b := range t.V.Data[at : at+t.V.Format.Size()] {
			sum ^= b ^ b>>3
		}
	}
	if sum&1 == 1 && t.Out.At(0, 0, 0, 0) != 0 {
		t.Out.Data[t.Out.Index(0, 0, 0, 0)*4] ^= 1
	}
	return timing, nil
}

var lawOf = regexp.MustCompile(`relation: (law [^\n]*)`)

// keptRelation lets Conform find a failing relation and returns the one file that it keeps, and its words.
func keptRelation(t *testing.T, seed uint64) (dir, file, words string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "kept")
	r := &recorder{name: "TestMine"}
	harness.Conform(r, peeking{}, harness.Cases(400), harness.Preset(gen.Quick), harness.Seed(seed), harness.Failures(dir), harness.Relations(-1))
	require.Len(t, r.errors, 1)
	found := lawOf.FindStringSubmatch(r.errors[0])
	require.NotNil(t, found, r.errors[0])
	kept, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	return dir, kept[0], found[1]
}

func TestAKeptRelationFailsAgainWithTheSameWords(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir, file, words := keptRelation(t, seed)
			for name, run := range map[string]func(*recorder){
				"Conform": func(r *recorder) { harness.Conform(r, peeking{}, harness.Cases(1), harness.Failures(dir)) },
				"Replay":  func(r *recorder) { harness.Replay(r, peeking{}, file) },
			} {
				r := &recorder{name: "TestMine"}
				run(r)
				require.Len(t, r.errors, 1, name)
				require.Contains(t, r.errors[0], words, name)
				require.Contains(t, r.errors[0], "ATTEST_REPLAY="+file, name)
			}
		})
	}
}

func TestTheVariablesWorkForConformAndReplay(t *testing.T) {
	_, file, words := keptRelation(t, 1)
	for name, run := range map[string]func(*recorder){
		"Conform": func(r *recorder) { harness.Conform(r, peeking{}, harness.Cases(1), harness.Failures(t.TempDir())) },
		"Replay": func(r *recorder) {
			harness.Replay(r, peeking{}, filepath.Join(t.TempDir(), "nowhere"), harness.Failures(t.TempDir()))
		},
	} {
		t.Setenv("ATTEST_REPLAY", file)
		r := &recorder{name: "TestMine"}
		run(r)
		require.Len(t, r.errors, 1, name)
		require.Contains(t, r.errors[0], words, name)
		t.Setenv("ATTEST_REPLAY", "")
		t.Setenv("ATTEST_REDUCE", file)
		r = &recorder{name: "TestMine"}
		run(r)
		require.Len(t, r.errors, 1, name)
		require.Contains(t, r.errors[0], "reduced in", name)
		require.Regexp(t, lawOf, r.errors[0], name)
		t.Setenv("ATTEST_REDUCE", "")
	}

	t.Setenv("ATTEST_REPLAY", file)
	t.Setenv("ATTEST_LAW", "twice")
	r := &recorder{name: "TestMine"}
	harness.Conform(r, peeking{})
	require.Empty(t, r.errors, "another law does not fail")
	t.Setenv("ATTEST_LAW", "gravity")
	defer func() { require.Regexp(t, `ATTEST_LAW: law: "gravity"; want one of .*future`, recover()) }()
	harness.Conform(&recorder{name: "TestMine"}, peeking{})
}

// moody fails as long as its switch is on: what it computes changes, and the program does not.
type moody struct {
	naive.Path
	wrong *bool
	calls *int
	every int
}

func (m moody) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	*m.calls++
	if *m.wrong && *m.calls%m.every == 0 {
		return wrong{}.Attend(ctx, c, t)
	}
	return m.Path.Attend(ctx, c, t)
}

func TestAFailureThatPassesIsFlakyWithBothResults(t *testing.T) {
	dir, isWrong, calls := filepath.Join(t.TempDir(), "kept"), true, 0
	options := []harness.ConformOption{harness.Cases(3), harness.Preset(gen.Quick), harness.Failures(dir), harness.Relations(0)}
	r := &recorder{name: "TestMine"}
	harness.Conform(r, moody{wrong: &isWrong, calls: &calls, every: 1}, options...)
	require.Len(t, r.errors, 1)
	was := regexp.MustCompile(`numeric: ([^\n]*)`).FindStringSubmatch(r.errors[0])[1]

	isWrong = false
	r = &recorder{name: "TestMine"}
	harness.Conform(r, moody{wrong: &isWrong, calls: &calls, every: 1}, options...)
	require.Len(t, r.errors, 1)
	require.Contains(t, r.errors[0], "flaky: the same build")
	require.Contains(t, r.errors[0], "ends with pass")
	require.Contains(t, r.errors[0], was)

	isWrong, calls = true, 0
	r = &recorder{name: "TestMine"}
	harness.Conform(r, moody{wrong: &isWrong, calls: &calls, every: 3}, options...)
	require.Len(t, r.errors, 1)
	require.Contains(t, r.errors[0], "flaky: passed 2 times and failed the next time: ")
	require.Contains(t, r.errors[0], "when it was kept: numeric: "+was)

	// Another program: it may be mended. The log tells what it was.
	kept, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	text, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(kept[0], regexp.MustCompile(`"build": "[0-9a-f]+"`).ReplaceAll(text, []byte(`"build": "000000000000"`)), 0o644))
	isWrong = false
	r = &recorder{name: "TestMine"}
	harness.Conform(r, moody{wrong: &isWrong, calls: &calls, every: 1}, options...)
	require.Empty(t, r.errors)
	require.Contains(t, strings.Join(r.lines, "\n"), "when it was kept: numeric: "+was)
}

type elsewhere struct{ peeking }

func (elsewhere) Name() string { return "elsewhere" }

func TestAFailureOnAnotherPathSaysSoFirst(t *testing.T) {
	_, file, words := keptRelation(t, 1)
	r := &recorder{name: "TestMine"}
	harness.Replay(r, elsewhere{}, file)
	require.Len(t, r.errors, 1)
	first, rest, _ := strings.Cut(r.errors[0], "\n")
	require.Equal(t, "attest: ANOTHER PATH: "+file+" failed on path naive and runs on elsewhere now", first)
	require.Contains(t, rest, words)
}

func TestAGopterFailurePrintsWhatConformPrints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	property := harness.Property(wrong{}, harness.Preset(gen.Quick), harness.Failures(dir))
	result := broken(t, property)
	require.Error(t, result.Error)
	text := result.Error.Error()
	kept, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Regexp(t, `^attest: (numeric|special): out\[0,0,0,0\]`, text)
	require.Contains(t, text, "batch 1, heads 1, q_len 1, kv_len 1, head_dim 1")
	lines := strings.Split(text, "\n")
	test := " go test -count=1 -run '^TestAGopterFailurePrintsWhatConformPrints$' attest.example/attest/harness"
	require.Equal(t, []string{"ATTEST_REPLAY=" + kept[0] + test, "ATTEST_REDUCE=" + kept[0] + test}, lines[len(lines)-2:])

	t.Setenv("ATTEST_REPLAY", kept[0])
	result = harness.Property(wrong{})(drawn(1))
	require.ErrorContains(t, result.Error, "ATTEST_REDUCE="+kept[0]+test)
	require.True(t, harness.Property(naive.New())(drawn(1)).Success())
}
