package report_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/diagnose"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/picture"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/report"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// runDir makes a run directory: passing cases of several shapes, two that fail, what was refused, and hostile text
// where a path could put it.
func runDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r, err := record.Open(dir, map[string]string{"path": "planted"}, record.Header{Path: "planted", Device: "a device <b>of</b> no kind", Seed: 7, Peak: 4e9})
	require.NoError(t, err)
	for i := range 40 {
		c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1 + i%3, QLen: 1 + i*i%90, KVLen: 1 + i*7%120, HeadDim: 8 + i*5%70,
			Input: precision.Formats()[i%3], Values: cases.Values{Seed: uint64(i), Q: cases.Regimes()[i%4]}}
		if i%4 == 1 {
			c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}
		}
		require.NoError(t, c.Normalize())
		v := verdict.Verdict{Kind: verdict.Pass, WorstRatio: math.Pow(10, -float64(i%5)/2), Elements: 10}
		if i == 9 {
			v = verdict.Verdict{Kind: verdict.Unsupported, Reason: "head_dim 53 is <not> a multiple of 8"}
		}
		line := record.NewResult(c, "planted", paths.Description{}, v, paths.Timing{DeviceSeconds: []float64{1e-5 * float64(1+i)}}, 1e-3*float64(1+i))
		line.Index = i
		require.NoError(t, r.Append(line))
	}
	planted(t, r, 40, "numeric", "", cases.Case{Batch: 2, Heads: 4, QLen: 70, KVLen: 45, HeadDim: 40, Input: precision.FP32}, func(c cases.Case, to *cases.Tensors) {
		dropKeys(t, c, to, 32)
	})
	planted(t, r, 41, "special", "", cases.Case{Batch: 1, Heads: 1, QLen: 9, KVLen: 5, HeadDim: 8, Input: precision.FP16}, func(c cases.Case, to *cases.Tensors) {
		to.Out.Set(0, 0, 3, 5, math.NaN())
	})
	require.NoError(t, r.SaveEnd(record.End{Requested: 42}))
	require.NoError(t, r.Close())
	return dir
}

// dropKeys leaves out the keys from some on, in the heads from 2 on and in the last 8 of every 16 rows.
func dropKeys(t testing.TB, c cases.Case, to *cases.Tensors, keys int) {
	t.Helper()
	short := c
	short.KVLen = keys
	part := cases.Materialize(short)
	copyElements(&part.Q, &to.Q, nil)
	copyElements(&part.K, &to.K, nil)
	copyElements(&part.V, &to.V, nil)
	_, err := naive.New().Attend(context.Background(), short, part)
	require.NoError(t, err)
	copyElements(&to.Out, &part.Out, func(head, row int) bool { return head >= 2 && row%16 >= 8 })
}

// copyElements copies the elements of which to has places, or those of the wanted rows.
func copyElements(to, from *cases.Tensor, wanted func(head, row int) bool) {
	for b := range to.Shape[0] {
		for h := range to.Shape[1] {
			for r := range to.Shape[2] {
				for d := range to.Shape[3] {
					if wanted == nil || wanted(h, r) {
						to.Set(b, h, r, d, from.At(b, h, r, d))
					}
				}
			}
		}
	}
}

func planted(t testing.TB, r *record.Run, index int, kind verdict.Kind, law string, c cases.Case, spoil func(cases.Case, *cases.Tensors)) {
	t.Helper()
	c.Version = cases.Version
	require.NoError(t, c.Normalize())
	tensors := cases.Materialize(c)
	path := naive.New()
	_, err := path.Attend(context.Background(), c, tensors)
	require.NoError(t, err)
	spoil(c, tensors)
	truth, err := oracle.Truth(context.Background(), c, tensors, path.Arithmetic(c), reference.Options{Workers: 1})
	require.NoError(t, err)
	v, err := oracle.Judge(truth, tensors)
	require.NoError(t, err)
	require.Equal(t, kind, v.Kind)
	e := evidence.Of(v, paths.Description{}, evidence.Conditions{Path: "planted"})
	_, err = r.SaveFailure(c, e)
	require.NoError(t, err)
	line := record.NewResult(c, "planted", paths.Description{}, v, paths.Timing{}, 0.01)
	line.Index, line.Wrote = index, "kernel: </script><script>alert(1)</script>\nkernel: simdgroup 3 overflowed\n"
	require.NoError(t, r.Append(line))
	id := cases.Name(c)
	_, err = r.SaveReduced(id, c, e)
	require.NoError(t, err)
	p, err := picture.Of(context.Background(), diagnose.Subject{Case: c, Tensors: tensors, Truth: truth, Arithmetic: path.Arithmetic(c)}, nil)
	require.NoError(t, err)
	require.NoError(t, r.SavePicture(id, p))
}

func TestPageTellsWhatThePersonNeeds(t *testing.T) {
	dir := runDir(t)
	file, err := report.Save(dir)
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	page := string(text)
	for _, want := range []string{
		"does not conform: 2 of 42 cases failed",
		"keys 32 to 44 (blocks of 16 or 32), is left out",
		"rows from 8 on of each block of 16",
		"4 heads that are alike",
		"head_dim N is &lt;not&gt; a multiple of N",
		"kernel: simdgroup 3 overflowed",
		"replay --path planted",
		"out[0,0,3,5]",
		"the slowest cases", "Error over bound, by precision", "Speed against the size of the case",
	} {
		require.True(t, strings.Contains(strings.ToLower(page), strings.ToLower(want)), "the page lacks %q", want)
	}
	for _, never := range []string{"<script>alert", "a device <b>", "http://", "https://", "@import", "url("} {
		require.False(t, strings.Contains(page, never), "the page has %q", never)
	}
}

func TestSeveralRunsStandSideBySide(t *testing.T) {
	a, b := runDir(t), runDir(t)
	file := filepath.Join(t.TempDir(), "both.html")
	require.NoError(t, report.SaveAs(file, a, b))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "Side by side"))
	for _, id := range []string{`id="r0"`, `id="r1"`, `id="r0-finding-1-map-0"`, `id="r1-finding-1-map-0"`} {
		require.Equal(t, 1, strings.Count(string(text), id), id)
	}
}

func TestDamageIsTold(t *testing.T) {
	dir := runDir(t)
	results := filepath.Join(dir, "results.jsonl")
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(results, append([]byte("{nothing\n"), text...), 0o644))
	pictures, err := filepath.Glob(filepath.Join(dir, "pictures", "*.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(pictures[0], []byte(`{"maps":[{"of":[[0,0]],"row_step":0,"column_step":1,"cells":[[1]]}]}`), 0o644))
	var b strings.Builder
	require.NoError(t, report.Write(&b, dir))
	require.Contains(t, b.String(), "results.jsonl:1")
	require.Contains(t, b.String(), "steps above 0")
	require.Error(t, report.Write(&b, t.TempDir()))
	require.Error(t, report.Write(&b))
}

// What the run found out about its failures comes first; what nothing explains follows by its kind.
func TestFindingsComeFirst(t *testing.T) {
	dir := runDir(t)
	s, err := record.Summarize(dir)
	require.NoError(t, err)
	special := s.Failures[1]
	require.Equal(t, verdict.Special, special.Verdict)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "findings"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "findings", "1.json"), []byte(`{"finding": 1, "trigger": "q_len <  10", "words": "wrong where q_len is small",
		"probes": 70, "explained": 9, "exceptions": 1, "cases": 3, "first": 11, "last": 41, "ids": ["`+special.Case+`"], "case": "`+special.Case+`",
		"verdicts": [{"verdict": "special", "count": 3}]}`), 0o644))
	var b strings.Builder
	require.NoError(t, report.Write(&b, dir))
	page := b.String()
	require.Equal(t, 2, strings.Count(page, `<article`))
	first, second := strings.Index(page, "wrong where q_len is small"), strings.Index(page, "<h3>numeric")
	require.Greater(t, first, 0)
	require.Greater(t, second, first)
	require.Contains(t, page, "q_len &lt;  10")
	require.Contains(t, page, "3 special; the condition rests on 70 probes, 9 failing cases explained, 1 exception")
	require.Contains(t, page[first:second], "out[0,0,3,5]")
}

// A run that did not do all that was asked for never looks like one that did.
func TestAnInterruptedRunIsTold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := record.Open(dir, map[string]string{"path": "right"}, record.Header{Path: "right", Seed: 7})
	require.NoError(t, err)
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1, QLen: 1, KVLen: 1, HeadDim: 8, Input: precision.FP32}
	require.NoError(t, c.Normalize())
	require.NoError(t, r.Append(record.NewResult(c, "right", paths.Description{}, verdict.Verdict{Kind: verdict.Pass, Elements: 8}, paths.Timing{}, 0.01)))
	page := func() string {
		var b strings.Builder
		require.NoError(t, report.Write(&b, dir))
		return b.String()
	}
	killed := page()
	require.Contains(t, killed, "not finished: 1 case passed so far")
	require.Contains(t, killed, "it was killed, or it still goes on")
	require.NoError(t, r.SaveEnd(record.End{Interrupted: true, Requested: 300}))
	interrupted := page()
	require.Contains(t, interrupted, "Interrupted after 1 of 300 cases: nothing is shown for the rest.")
	require.NotContains(t, interrupted, "<h1>conforms")
	require.NoError(t, r.SaveEnd(record.End{Requested: 1}))
	require.NoError(t, r.Close())
	whole := page()
	require.Contains(t, whole, "<h1>conforms: 1 case passed</h1>")
	require.NotContains(t, whole, "nothing is shown")
	second, err := record.Reopen(dir)
	require.NoError(t, err)
	require.Contains(t, page(), "still goes on", "a run that is resumed has no end")
	require.NoError(t, second.Close())
}
