package reference

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

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
		blasImpl.Dgemm(blas.NoTrans, blas.NoTrans, rows, w, dim, 1, a, dim, bt[j:], n, 0, dst[j-lo:], span)
	}
}

// valueProduct writes w [rows, hi-lo] times the transpose of vt [dim, n], for the
// keys lo to hi, to dst [rows, dim]. All of it must be finite.
func valueProduct(dst, w, vt []float64, rows, dim, n, lo, hi int) {
	span := hi - lo
	clear(dst[:rows*dim])
	for j := lo; j < hi; j += 4 * keyTile {
		t := min(4*keyTile, hi-j)
		for d := 0; d < dim; d += colTile {
			c := min(colTile, dim-d)
			blasImpl.Dgemm(blas.NoTrans, blas.Trans, rows, c, t, 1, w[j-lo:], span, vt[d*n+j:], n, 1, dst[d:], dim)
		}
	}
}
