package reference

import "gonum.org/v1/gonum/blas/gonum"

// gonum runs a product on goroutines of its own as soon as the result has four
// blocks of 64 x 64. Rows are shared out among workers here already, so
// products are cut into tiles below that size, which fit the cache as well.
const (
	maxRowBlock = 64
	keyTile     = 128
	colTile     = 128
)

var blasImpl gonum.Implementation

// scoreProduct writes a [rows, dim] times bt [dim, n] to dst [rows, hi-lo], for
// the keys lo to hi. All of it must be finite.
func scoreProduct(dst, a, bt []float64, rows, dim, n, lo, hi int) {
	span := hi - lo
	for j := lo; j < hi; j += keyTile {
		w := min(keyTile, hi-j)
		mul(rows, w, dim, a, dim, bt[j:], n, dst[j-lo:], span)
	}
}

// weighted is a product of weights [rows, span of the block's keys] and the transpose of values [dim, n], to dst.
type weighted struct{ dst, weights, values []float64 }

// valueProducts computes products over the first dim columns of v, for the block's keys. All of it must be finite. Those
// of the same keys are made one after the other, while the keys' values are in cache.
func (b *block) valueProducts(dim int, products ...weighted) {
	rows, span, n := len(b.rows), b.span(), b.keys.n
	for _, p := range products {
		clear(p.dst[:rows*dim])
	}
	for j := b.lo; j < b.hi; j += 4 * keyTile {
		t := min(4*keyTile, b.hi-j)
		for d := 0; d < dim; d += colTile {
			c := min(colTile, dim-d)
			for _, p := range products {
				mulTransposed(rows, c, t, p.weights[j-b.lo:], span, p.values[d*n+j:], n, p.dst[d:], dim)
			}
		}
	}
}
