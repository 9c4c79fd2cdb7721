package record

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func normalized(t *testing.T, c cases.Case) cases.Case {
	t.Helper()
	c.Version = cases.Version
	require.NoError(t, c.Normalize())
	return c
}

func TestRatesAreTheFormulas(t *testing.T) {
	// The table of the metal-flash-attention benchmarks: N = 1024, one head, five dispatches, fp32.
	c := normalized(t, cases.Case{Batch: 1, Heads: 1, QLen: 1024, KVLen: 1024, HeadDim: 64, Input: precision.FP32})
	s := SpeedOf(c, 5, 0.0015)
	require.InEpsilon(t, (2*64+5)*1024.*1024*5/0.0015/1e9, s.Instructions, 1e-12)
	require.InEpsilon(t, 4*64*1024.*1024*5/0.0015/1e9, s.Nominal, 1e-12)
	require.InEpsilon(t, s.Nominal, s.Needed, 1e-12)
	require.InEpsilon(t, 4*4*1024*64., s.BytesMoved, 1e-12)
	for _, seconds := range []float64{0, -1, math.NaN()} {
		require.Equal(t, Speed{BytesMoved: s.BytesMoved}, SpeedOf(c, 5, seconds), "no time, no rate")
	}
	require.Equal(t, Speed{BytesMoved: s.BytesMoved}, SpeedOf(c, 0, 1), "no dispatch, no rate")
}

func TestNeededCountsAllowedPairsOnly(t *testing.T) {
	shape := cases.Case{Batch: 2, Heads: 4, KVHeads: 2, QLen: 5, KVLen: 7, HeadDim: 3, Input: precision.FP16}
	for _, row := range []struct {
		name  string
		mask  cases.Mask
		pairs float64 // of one head
	}{
		{"none", cases.Mask{}, 35},
		{"causal", cases.Mask{Kind: cases.CausalMask}, 1 + 2 + 3 + 4 + 5},
		{"bottom-right", cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}, 3 + 4 + 5 + 6 + 7},
		{"window", cases.Mask{Kind: cases.WindowMask, Left: 1}, 1 + 2 + 2 + 2 + 2},
		{"array", cases.Mask{Kind: cases.BoolMask, Density: 10}, 35},
		{"array and causal", cases.Mask{Kind: cases.BoolMask, Align: cases.TopLeft}, 15},
	} {
		c := shape
		c.Mask = row.mask
		c = normalized(t, c)
		require.InEpsilon(t, 4*3*2*4*row.pairs, NeededFLOP(c), 1e-12, row.name)
		require.InEpsilon(t, 4*3*2*4*35., NominalFLOP(c), 1e-12, row.name)
	}
}

func TestBytesCountEachTensorInItsOwnFormat(t *testing.T) {
	c := normalized(t, cases.Case{
		Batch: 2, Heads: 4, KVHeads: 2, QLen: 5, KVLen: 7, HeadDim: 3, Input: precision.FP16, Output: precision.FP32, LSE: true,
		Mask:   cases.Mask{Kind: cases.AdditiveMask, Format: precision.BF16, Shape: "b1qk", Pad: 9},
		Layout: cases.Layout{Q: cases.Operand{Pad: 100, Offset: 7}},
	})
	q, kv, out, lse, mask := 2*4*5*3*2, 2*2*7*3*2, 2*4*5*3*4, 2*4*5*4, 2*5*7*2
	require.InEpsilon(t, float64(q+2*kv+out+lse+mask), Bytes(c), 1e-12)
	c.Mask = cases.Mask{Kind: cases.BoolMask}
	c = normalized(t, c)
	require.InEpsilon(t, float64(q+2*kv+out+lse+2*4*5*7), Bytes(c), 1e-12)
}

func TestBenchNamesSayWhatDecidesTheSpeed(t *testing.T) {
	shape := cases.Case{Batch: 1, Heads: 8, KVHeads: 2, QLen: 77, KVLen: 130, HeadDim: 64, Input: precision.FP16}
	for _, row := range []struct {
		change func(*cases.Case)
		want   string
	}{
		{func(*cases.Case) {}, "Attend/mask=none/in=fp16/D=64/B=1/H=8/kvH=2/q=77/kv=130"},
		{func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask} },
			"Attend/mask=causal/in=fp16/D=64/B=1/H=8/kvH=2/q=77/kv=130"},
		{func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.WindowMask, Left: 3, Align: cases.BottomRight} },
			"Attend/mask=window-bottom-right/in=fp16/D=64/B=1/H=8/kvH=2/q=77/kv=130"},
		{func(c *cases.Case) {
			c.Mask = cases.Mask{Kind: cases.AdditiveMask, Format: precision.BF16, Align: cases.TopLeft}
			c.Output, c.Intermediate, c.LSE, c.Layout.K.Pad = precision.FP32, precision.BF16, true, 4
		}, "Attend/mask=additive-bf16+causal/in=fp16/out=fp32/acc=bf16/D=64/B=1/H=8/kvH=2/q=77/kv=130/lse=true/layout=strided"},
		{func(c *cases.Case) { c.Values.Seed = 9; c.Notes = "values and notes do not count" },
			"Attend/mask=none/in=fp16/D=64/B=1/H=8/kvH=2/q=77/kv=130"},
	} {
		c := shape
		row.change(&c)
		require.Equal(t, row.want, BenchName(normalized(t, c)))
	}
}

func TestBenchFileIsReadByGoTools(t *testing.T) {
	run, dir := open(t)
	require.NoError(t, run.Append(result(t, 0, verdict.Verdict{Kind: verdict.Pass})))
	require.NoError(t, run.Append(result(t, 1, verdict.Verdict{Kind: verdict.Numeric})))
	wallOnly := NewResult(problem(t, 2), "naive", paths.Description{}, verdict.Verdict{Kind: verdict.Inconclusive}, paths.Timing{}, 0.5)
	wallOnly.Index = 2
	require.NoError(t, run.Append(wallOnly))
	nothing := NewResult(problem(t, 3), "naive", paths.Description{}, verdict.Verdict{Kind: verdict.Pass}, paths.Timing{
		DeviceSeconds: []float64{math.NaN()},
	}, math.Inf(1))
	nothing.Index = 3
	require.NoError(t, run.Append(nothing))

	text := []byte(contents(t, dir, BenchFile))
	golden(t, "bench.txt", text)
	reader := benchfmt.NewReader(bytes.NewReader(text), BenchFile)
	var device, wall []float64
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Fatal(rec)
		case *benchfmt.Result:
			require.Equal(t, "test CPU", rec.GetConfig("device"))
			require.Equal(t, "7", rec.GetConfig("seed"))
			if v, ok := rec.Value(UnitDevice); ok {
				device = append(device, v)
			}
			if v, ok := rec.Value(UnitWall); ok {
				wall = append(wall, v)
			}
		}
	}
	require.NoError(t, reader.Err())
	require.Equal(t, []float64{0.001, 0.003}, device, "a sample for each dispatch, none for a wrong result")
	require.Equal(t, []float64{0.005, 0.5}, wall, "one for each call")
	require.Equal(t, 1, reader.Units().GetBetter(UnitInstrs))
}

func TestSummaryCountsAndReadsBack(t *testing.T) {
	run, dir := open(t)
	for i, k := range verdict.All() {
		require.NoError(t, run.Append(result(t, i, verdict.Verdict{Kind: k, Reason: "because\nof it", WorstRatio: float64(i) / 4})))
	}
	s := run.Summary()
	require.Equal(t, []int{11, 1, 8, 1, 1}, []int{s.Cases, s.Passed, s.Failed, s.Inconclusive, s.Unsupported})
	require.Equal(t, 2.5, s.WorstRatio)
	require.False(t, s.Conforms())

	read, err := Summarize(dir)
	require.NoError(t, err)
	require.Equal(t, s.Failures, read.Failures)
	require.Equal(t, []int{s.Cases, s.Passed, s.Failed}, []int{read.Cases, read.Passed, read.Failed})

	// Golden, with a directory that does not change.
	fixed := Summary{Path: "naive", Device: "test CPU", Seed: 7}
	for i, k := range slices.Concat(verdict.All(), verdict.All()) {
		fixed.Add(result(t, i, verdict.Verdict{Kind: k, Reason: "because\nof it", WorstRatio: float64(i) / 4}), "my runs/one")
	}
	redrawn := result(t, 22, verdict.Verdict{Kind: verdict.Pass})
	redrawn.Draw, redrawn.Refused = 34, []verdict.Refusal{{Reason: "input fp16", Count: 30}, {Reason: "kv_heads N", Count: 4}}
	redrawn.Laws, redrawn.NotJudged = 2, []string{"relayout: no strides", "relayout: no strides"}
	fixed.Add(redrawn, "my runs/one")
	require.Equal(t, []int{23, 21, 2, 36}, []int{fixed.Cases, fixed.Judged(), fixed.Unjudged(), fixed.Unsupported})
	fixed.Failures[0].Reduced = "my runs/one/failures/small.json"
	fixed.SetSeconds(2)
	var text bytes.Buffer
	require.NoError(t, fixed.WriteText(&text, "my runs/one"))
	golden(t, "summary.txt", text.Bytes())
	line, err := fixed.JSON()
	require.NoError(t, err)
	require.True(t, json.Valid(line))
	golden(t, "summary.json", append(line, '\n'))
}

func TestSummaryWithoutANumberToShow(t *testing.T) {
	var s Summary
	line, err := s.JSON()
	require.NoError(t, err)
	require.Contains(t, string(line), `"failures": []`)
	s.Add(Result{Verdict: verdict.Verdict{Kind: verdict.Special, WorstRatio: math.NaN()}}, "")
	s.Add(Result{Verdict: verdict.Verdict{Kind: verdict.Pass, WorstRatio: 0.5}}, "")
	line, err = s.JSON()
	require.NoError(t, err)
	require.Contains(t, string(line), `"worst_ratio": "NaN"`)
}

func BenchmarkAppend(b *testing.B) {
	run, err := Open(filepath.Join(b.TempDir(), "run"), nil, testHeader)
	require.NoError(b, err)
	defer run.Close()
	r := result(b, 0, verdict.Verdict{Kind: verdict.Pass})
	for i := 0; b.Loop(); i++ {
		r.Index = i
		if err := run.Append(r); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTimesThatCannotBeTrue(t *testing.T) {
	plain := normalized(t, cases.Case{Batch: 1, Heads: 1, QLen: 64, KVLen: 64, HeadDim: 16, Input: precision.FP32})
	causal, masked := plain, plain
	causal.Mask = cases.Mask{Kind: cases.CausalMask}
	masked.Mask = cases.Mask{Kind: cases.BoolMask, Density: 10}
	causal, masked = normalized(t, causal), normalized(t, masked)
	peak := NominalFLOP(plain) / 1e-3 // which makes the plain case a matter of a millisecond at least
	for _, row := range []struct {
		name         string
		c            cases.Case
		device, wall float64
		peak         float64
		want         string
	}{
		{"at the peak", plain, 1e-3, 2e-3, peak, ""},
		{"within the slack", plain, 0.95e-3, 2e-3, peak, ""},
		{"past the peak", plain, 0.5e-3, 2e-3, peak, "measured peak"},
		{"no peak known", plain, 0.5e-3, 2e-3, 0, ""},
		{"causal skips half", causal, 0.55e-3, 2e-3, peak, ""},
		{"causal past the peak", causal, 0.3e-3, 2e-3, peak, "measured peak"},
		{"an array may skip anything", masked, 0.1e-3, 2e-3, peak, ""},
		{"longer than the call", plain, 3e-3, 2e-3, peak, "over after"},
		{"no clock", plain, 0, 2e-3, peak, ""},
		{"shorter than any clock can tell", plain, 5e-324, 2e-3, 0, "no clock can tell"},
	} {
		var seconds []float64
		if row.device > 0 {
			seconds = []float64{row.device}
		}
		r := NewResult(row.c, "host", paths.Description{}, verdict.Verdict{Kind: verdict.Pass}, paths.Timing{DeviceSeconds: seconds}, row.wall)
		got := r.doubt(row.peak)
		require.False(t, math.IsInf(r.Needed+r.Nominal+r.Instructions, 0), row.name)
		if row.want == "" {
			require.Empty(t, got, row.name)
		} else {
			require.Contains(t, got, row.want, row.name)
		}
	}
}

func TestImpossibleTimesAreToldAndNotPassedOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	run, err := Open(dir, nil, Header{Path: "lib:x", Peak: 1})
	require.NoError(t, err)
	c := normalized(t, cases.Case{Batch: 1, Heads: 1, QLen: 4, KVLen: 4, HeadDim: 4, Input: precision.FP32})
	require.NoError(t, run.Append(NewResult(c, "lib:x", paths.Description{}, verdict.Verdict{Kind: verdict.Pass},
		paths.Timing{DeviceSeconds: []float64{1e-6}}, 1)))
	require.NoError(t, run.Close())
	bench, err := os.ReadFile(filepath.Join(dir, BenchFile))
	require.NoError(t, err)
	require.NotContains(t, string(bench), "Benchmark")
	s, err := Summarize(dir)
	require.NoError(t, err)
	require.Equal(t, 1, s.Impossible)
	var text bytes.Buffer
	require.NoError(t, s.WriteText(&text, ""))
	require.Contains(t, text.String(), "IMPOSSIBLE     the times of 1 case,")
}
