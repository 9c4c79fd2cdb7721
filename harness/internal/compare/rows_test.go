package compare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/record"
)

// times is a case by hand: its group and the device seconds of each side; nil: that side has not the case.
type times struct {
	group    string
	old, new []float64
}

func reportOf(t *testing.T, list []times) *Report {
	t.Helper()
	r := &Report{Old: &Side{entries: map[key]*entry{}}, New: &Side{entries: map[key]*entry{}}}
	require.NoError(t, r.Options.fill())
	for i, x := range list {
		k := key{id: fmt.Sprint(i)}
		for _, s := range []struct {
			side    *Side
			seconds []float64
		}{{r.Old, x.old}, {r.New, x.new}} {
			if s.seconds != nil {
				s.side.entries[k] = &entry{group: Group{Shape: x.group}, device: s.seconds}
			}
		}
	}
	r.compareSpeed()
	return r
}

func rowOf(t *testing.T, r *Report, group string) Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Group.Shape == group {
			return row
		}
	}
	t.Fatalf("no row %s", group)
	return Row{}
}

func TestGroupsTooSmallToTellDoNotWeakenTheOthers(t *testing.T) {
	var list []times
	for range 8 {
		list = append(list, times{"slowed", []float64{1}, []float64{2}})
	}
	for i := range 20 {
		list = append(list, times{fmt.Sprint("single ", i), []float64{1}, []float64{0.9}})
	}
	r := reportOf(t, list)
	row := rowOf(t, r, "slowed")
	require.InDelta(t, 2./256, row.P, 1e-12)
	require.InDelta(t, 2*2./256, row.Adjusted, 1e-12, "of two rows that could tell anything: this and all")
	require.True(t, row.Slower)
	require.Equal(t, 1.0, rowOf(t, r, "single 3").Adjusted)
}

func TestACaseThatChangedTheOtherWayIsNoEvidence(t *testing.T) {
	quick := []float64{0.80, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87}
	usual := []float64{1.00, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.07}
	list := []times{{"g", usual, quick}, {"g", []float64{1, 1.1}, []float64{1.9, 2.5}}}
	row := rowOf(t, reportOf(t, list), "g")
	require.Greater(t, row.Ratio.Center, 1.2)
	require.False(t, row.Slower, "only the faster case is sure")
	list[1] = times{"g", usual, []float64{2.00, 2.01, 2.02, 2.03, 2.04, 2.05, 2.06, 2.07}}
	require.True(t, rowOf(t, reportOf(t, list), "g").Slower)
}

func TestOnlyWhatBothSidesTimedMakesARow(t *testing.T) {
	r := reportOf(t, []times{
		{"both", []float64{1}, []float64{1}}, {"both", []float64{1}, nil}, {"both", nil, []float64{1}},
		{"gone", []float64{1}, nil}, {"fresh", nil, []float64{1}}, {"no clock", []float64{1}, []float64{}},
	})
	require.Len(t, r.Rows, 1)
	require.Equal(t, 1, rowOf(t, r, "both").Pairs)
	require.Equal(t, 1, r.All.Pairs)
	require.Empty(t, r.Warnings)

	r.New.entries[key{id: "5"}].wall = []float64{3}
	r.Rows, r.All = nil, nil
	r.compareSpeed()
	require.Len(t, r.Warnings, 1)
	require.True(t, strings.HasPrefix(r.Warnings[0], "1 cases that both runs timed have no sec/op on both sides"), r.Warnings)
}

func TestABenchmarkNameTellsWhatTheCaseWould(t *testing.T) {
	for i := range 24 {
		c := problem(t, 0, i)
		if i > 12 {
			c.Output, c.Intermediate, c.LSE, c.Layout.Q.Pad = precision.FP32, precision.BF16, true, 3
			c.QLen, c.KVLen, c.KVHeads = 9, 60*i, 1
			c.Mask = cases.Mask{Kind: cases.AdditiveMask, Align: cases.BottomRight}
			require.NoError(t, c.Normalize())
		}
		name := record.BenchName(c)
		parts := nameParts(benchfmt.Name(name))
		require.Equal(t, groupOf(c, "host"), groupOfName(name, parts, "host"))
		require.InEpsilon(t, record.Instructions(c), workOfName(parts), 1e-12)
	}
	require.Equal(t, Group{Shape: "Codec/N=4-2", Path: "p"}, groupOfName("Codec/N=4-2", nameParts(benchfmt.Name("Codec/N=4-2")), "p"))
}

func TestTheTextLeavesOutWhatCannotTellWhereThereIsMuch(t *testing.T) {
	var list []times
	for i := range shownRows + 1 {
		list = append(list, times{fmt.Sprint("single ", i), []float64{1}, []float64{0.9}})
	}
	r := reportOf(t, list[:shownRows])
	require.Contains(t, text(t, r), "single 3")
	r = reportOf(t, list)
	require.NotContains(t, text(t, r), "single 3")
	require.Contains(t, text(t, r), "13 groups of too few measurements to tell anything, with 13 cases, only in all")
}

func TestShapeClasses(t *testing.T) {
	for _, row := range []struct {
		q, kv int
		want  string
	}{
		{1, 5000, "decode"}, {8, 8, "decode"}, {9, 128, "short"}, {9, 129, "medium"}, {4000, 2048, "medium"}, {9, 2049, "long"},
	} {
		require.Equal(t, row.want, shapeClass(row.q, row.kv), row)
	}
}
