package reference

import (
	"context"
	"fmt"
	"math"
	"testing"
)

// withV returns a problem whose v has so many columns, those that it had first.
func withV(p *Problem, columns int) *Problem {
	wide := *p
	old := p.vDim()
	wide.V, wide.VHeadDim = make([]float64, len(p.V)/old*columns), columns
	for i := range wide.V {
		if row, d := i/columns, i%columns; d < old {
			wide.V[i] = p.V[row*old+d]
		} else {
			wide.V[i] = float64(float32(p.V[row*old+d%old] + float64(d)/7))
		}
	}
	return &wide
}

// TestColumnsOfVAreApart: the output of the first columns of v is the first columns of the output, with their lines, and
// what other columns hold, NaN and Inf included, changes nothing of it.
func TestColumnsOfVAreApart(t *testing.T) {
	for i, mask := range []Mask{nil, Causal(-2), Window{Offset: 40, Left: 30, Right: 2}} {
		for _, columns := range []int{1, 3, 9, 40} {
			few := withV(randomProblem(uint64(i), 2, 4, 2, 11, 70, 9, mask), columns)
			many := withV(few, columns+13)
			for row := range len(many.V) / (columns + 13) {
				at := row * (columns + 13)
				switch row % 3 {
				case 0:
					many.V[at+columns+row%13] = math.NaN()
				case 1:
					many.V[at+columns] = math.Inf(1)
				}
			}
			a, b := attend(t, few, inFP32, Options{}), attend(t, many, inFP32, Options{})
			if a.HeadDim != columns || b.HeadDim != columns+13 || len(a.Output) != 2*4*11*columns {
				t.Fatalf("%d columns of v gave outputs of %d and %d", columns, a.HeadDim, b.HeadDim)
			}
			for row := range len(a.LSE) {
				if err := closeTo("logsumexp", b.LSE[row:row+1], a.LSE[row:row+1]); err != nil {
					t.Fatal(err)
				}
				x, y := row*columns, row*(columns+13)
				for what, pair := range map[string][2][]float64{"output": {a.Output, b.Output}, "bound": {a.Bound, b.Bound}, "sharp line": {a.Sharp, b.Sharp}} {
					if err := closeTo(fmt.Sprintf("%s of row %d, %d columns", what, row, columns), pair[1][y:y+columns], pair[0][x:x+columns]); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// TestVHeadDimByLoops: the two references agree where v is narrower or wider than k.
func TestVHeadDimByLoops(t *testing.T) {
	for _, columns := range []int{1, 2, 8, 17, 24, 25, 130} {
		for name, mask := range sinkMasks {
			p := withV(randomProblem(uint64(columns), 2, 6, 3, 13, 67, 24, mask), columns)
			p.Sinks = []float64{0, 1, math.Inf(-1), -3, 5, 2}
			p.V[5] = math.Inf(-1)
			r := attend(t, p, inFP32, Options{})
			out, lse, err := Loops(context.Background(), p, EmptyZero)
			if err != nil {
				t.Fatal(err)
			}
			for what, pair := range map[string][2][]float64{"out": {r.Output, out}, "lse": {r.LSE, lse}} {
				if len(pair[0]) != len(pair[1]) {
					t.Fatalf("%s: %d elements of %s, by loops %d", name, len(pair[0]), what, len(pair[1]))
				}
				for i, x := range pair[0] {
					if y := pair[1][i]; x != y && !(math.Abs(x-y) <= 1e-12*max(1, math.Abs(y))) && !(math.IsNaN(x) && math.IsNaN(y)) {
						t.Fatalf("%s, %d columns: %s[%d] is %g, by loops %g", name, columns, what, i, x, y)
					}
				}
			}
		}
	}
}

// TestOneWeightOfManyColumns: scores from head_dim 2 and v of three columns, worked out by hand: weights 1:3.
func TestOneWeightOfManyColumns(t *testing.T) {
	p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 2, HeadDim: 2, VHeadDim: 3, Scale: 1,
		Q: []float64{1, 2}, K: []float64{0, 0, math.Log(3), 0}, V: []float64{4, 8, -4, 0, 16, 12}}
	r := attend(t, p, inFP32, Options{})
	if err := closeTo("output", r.Output, []float64{1, 14, 8}); err != nil {
		t.Error(err)
	}
	j, err := r.JudgeOutput([]float64{1, 14, 8.1})
	if err != nil || j.Numeric != 1 || j.Worst.Col != 2 {
		t.Errorf("a wrong third column: %+v, %v", j, err)
	}
}

// rowsAreEmpty checks that a result is of rows that see no key: outputs of 0, or NaN where that is declared and no sink has
// weight, and the sink as logsumexp.
func rowsAreEmpty(t *testing.T, p *Problem, r *Result, empty EmptyRow) {
	t.Helper()
	for i, demand := range r.OutputDemand {
		want := Value
		sunk := p.Sinks != nil && !math.IsInf(p.Sinks[i/p.VHeadDim/p.QLen%p.Heads], -1)
		if empty == EmptyNaN && !sunk {
			want = NaN
		}
		if demand != want || want == Value && r.Output[i] != 0 {
			t.Fatalf("%+v: out[%d] is %g of demand %d, want demand %d", p, i, r.Output[i], demand, want)
		}
	}
	for i, x := range r.LSE {
		if want := p.sinkOf(i / p.QLen % p.Heads); want.there && x != want.logit || !want.there && !math.IsInf(x, -1) {
			t.Fatalf("%+v: lse[%d] is %g", p, i, x)
		}
	}
}

// TestExtentsOfZero: without a query or a batch there is no element, and nothing is demanded; without a key every row is
// one that sees none.
func TestExtentsOfZero(t *testing.T) {
	for _, c := range []struct{ batch, q, kv, outputs int }{
		{0, 3, 5, 0}, {2, 0, 5, 0}, {2, 0, 0, 0}, {0, 0, 0, 0}, {2, 3, 0, 2 * 4 * 3 * 6},
	} {
		for _, sinks := range [][]float64{nil, {1, math.Inf(-1), -2, 0}} {
			for _, empty := range []EmptyRow{EmptyZero, EmptyNaN} {
				p := randomProblem(1, c.batch, 4, 2, c.q, c.kv, 8, nil)
				p = &Problem{Batch: c.batch, Heads: 4, KVHeads: 2, QLen: c.q, KVLen: c.kv, HeadDim: 8, VHeadDim: 6, Scale: 1, Q: p.Q, K: p.K,
					V: p.V[:c.batch*2*c.kv*6], Sinks: sinks, Mask: Causal(0)}
				a := inFP32
				a.Empty = empty
				r := attend(t, p, a, Options{})
				if len(r.Output) != c.outputs || len(r.LSE) != c.outputs/6 {
					t.Fatalf("%+v: %d outputs and %d logsumexps", c, len(r.Output), len(r.LSE))
				}
				out, lse, err := Loops(context.Background(), p, empty)
				if err != nil || len(out) != c.outputs || len(lse) != c.outputs/6 {
					t.Fatalf("%+v by loops: %d outputs, %d logsumexps, %v", c, len(out), len(lse), err)
				}
				rowsAreEmpty(t, p, r, empty)
				j, err := r.JudgeOutput(out)
				if err != nil || j.Failed() || j.Elements != c.outputs {
					t.Fatalf("%+v: %+v, %v", c, j, err)
				}
				if lean := r.Lean(out); lean.Rows != 0 {
					t.Fatalf("%+v: errors of %d rows lean", c, lean.Rows)
				}
			}
		}
	}
}
