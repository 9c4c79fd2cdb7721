//go:build amd64 && !purego

package reference

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
)

// TestTilesGiveGonumsBits holds the tiles to gonum's products, bit for bit, for every remainder of rows, columns and
// length, with strides beyond the width, and with numbers of very different size, zeros of both signs among them.
func TestTilesGiveGonumsBits(t *testing.T) {
	if !tiled {
		t.Skip("this processor has no AVX")
	}
	r := rand.New(rand.NewPCG(1, 2))
	numbers := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			switch r.IntN(8) {
			case 0:
				x[i] = math.Copysign(0, r.NormFloat64())
			case 1:
				x[i] = r.NormFloat64() * math.Ldexp(1, r.IntN(600)-300)
			default:
				x[i] = r.NormFloat64()
			}
		}
		return x
	}
	for trial := range 4000 {
		rows, cols, k, pad := 1+r.IntN(7), 1+r.IntN(40), r.IntN(23), r.IntN(3)
		if trial%50 == 0 {
			rows, cols, k = 1+r.IntN(maxRowBlock), 1+r.IntN(colTile), r.IntN(4*keyTile)
		}
		lda, ldc := k+pad, cols+pad
		a, c := numbers(rows*lda+1), numbers(rows*ldc)
		for _, way := range []struct {
			name string
			b    []float64
			ldb  int
			ours func(b []float64, ldb int, c []float64)
			they func(b []float64, ldb int, c []float64)
		}{
			{"transposed", numbers(cols*(k+pad) + 1), k + pad,
				func(b []float64, ldb int, c []float64) { mulTransposed(rows, cols, k, a, lda, b, ldb, c, ldc) },
				func(b []float64, ldb int, c []float64) {
					blasImpl.Dgemm(blas.NoTrans, blas.Trans, rows, cols, k, 1, a, max(lda, 1), b, max(ldb, 1), 1, c, ldc)
				}},
			{"plain", numbers(k*(cols+pad) + 1), cols + pad,
				func(b []float64, ldb int, c []float64) { mul(rows, cols, k, a, lda, b, ldb, c, ldc) },
				func(b []float64, ldb int, c []float64) {
					blasImpl.Dgemm(blas.NoTrans, blas.NoTrans, rows, cols, k, 1, a, max(lda, 1), b, ldb, 0, c, ldc)
				}},
		} {
			if k == 0 && pad == 0 {
				continue // gonum wants strides of 1 at least
			}
			got, want := append([]float64(nil), c...), append([]float64(nil), c...)
			way.ours(way.b, way.ldb, got)
			way.they(way.b, way.ldb, want)
			for i := range want {
				if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
					t.Fatalf("%s: %d x %d over %d, element %d is %x, gonum's %x", way.name, rows, cols, k, i, got[i], want[i])
				}
			}
		}
	}
}
