package reference

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// TestDequantisedWithinBounds: attention that is exact but for numbers of k and v that were rounded to a narrow format stays
// within the bound and the sharp line that Dequantised declares, and is beyond the bound of an arithmetic that does not
// declare it.
func TestDequantisedWithinBounds(t *testing.T) {
	for _, f := range []Format{FP16, BF16} {
		random := rand.New(rand.NewPCG(7, 1))
		beyond := 0
		const rounds = 60
		for range rounds {
			p := ofIntegers(random)
			rounded := *p
			rounded.K, rounded.V = rounding(f, p.K), rounding(f, p.V)
			plain := Arithmetic{In: FP32, Acc: FP64, Out: FP64}
			declared := plain
			declared.Dequantised = f
			got, err := Attend(context.Background(), &rounded, plain, Options{OutputOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range []Arithmetic{plain, declared} {
				truth, err := Attend(context.Background(), p, a, Options{})
				if err != nil {
					t.Fatal(err)
				}
				j, err := truth.JudgeOutput(got.Output)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case a == plain && j.Numeric > 0:
					beyond++
				case a == declared && j.Numeric+j.Suspicious > 0:
					t.Fatalf("%s: %d of %d beyond the bound, %d beyond the sharp line", f.Name, j.Numeric, j.Elements, j.Suspicious)
				case a == declared && j.Inconclusive > 0:
					t.Fatalf("%s: nothing can be said of %d elements", f.Name, j.Inconclusive)
				}
			}
		}
		if beyond < rounds*9/10 {
			t.Errorf("%s: only %d of %d are beyond the bound of who rounds nothing", f.Name, beyond, rounds)
		}
	}
}

// ofIntegers is a problem whose rows of k and v are few different numbers with scales of 15 bits.
func ofIntegers(random *rand.Rand) *Problem {
	p := &Problem{Batch: 1, Heads: 2, KVHeads: 1, QLen: 5, KVLen: 1 + random.IntN(90), HeadDim: 1 + random.IntN(40), Scale: 0.3}
	low := []int{-8, -128}[random.IntN(2)]
	ints := func(n int) []float64 {
		x := make([]float64, n)
		s := (1 + random.Float64()) / float64(-low)
		for i := range x {
			if i%p.HeadDim == 0 && random.IntN(2) == 0 {
				s = math.RoundToEven((1+random.Float64())/float64(-low)*0x1p20) / 0x1p20
			}
			x[i] = float64(low+random.IntN(-2*low)) * s
		}
		return x
	}
	p.Q = make([]float64, p.Heads*p.QLen*p.HeadDim)
	for i := range p.Q {
		p.Q[i] = float64(float32(random.NormFloat64()))
	}
	p.K, p.V = ints(p.KVLen*p.HeadDim), ints(p.KVLen*p.HeadDim)
	return p
}

func rounding(f Format, x []float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = roundTo(f, false, x[i])
	}
	return y
}

// TestFlushedScalesWithinBounds: a subnormal scale that is read as 0 takes up to 255 of the smallest normal numbers with it.
func TestFlushedScalesWithinBounds(t *testing.T) {
	p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 2, HeadDim: 1, Scale: 1,
		Q: []float64{1}, K: []float64{0, 0}, V: []float64{255 * 0x1p-127, 255 * 0x1p-127}}
	a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, FlushSubnormals: true}
	for _, scales := range []Format{{}, FP32} {
		a.QuantScales = scales
		truth, err := Attend(context.Background(), p, a, Options{})
		if err != nil {
			t.Fatal(err)
		}
		j, err := truth.JudgeOutput([]float64{0})
		if err != nil {
			t.Fatal(err)
		}
		if wrong := scales == (Format{}); (j.Numeric > 0) != wrong {
			t.Errorf("scales %q: an output of 0 is wrong: %v", scales.Name, j.Numeric > 0)
		}
	}
	// Past the range of what numbers are rounded to nothing is judged.
	p.V = []float64{1e6, 1e6}
	a.Dequantised = FP16
	truth, err := Attend(context.Background(), p, a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if j, _ := truth.JudgeOutput([]float64{math.Inf(1)}); j.Inconclusive != 1 {
		t.Errorf("Inf for a v past fp16's range: %+v", j)
	}
}
