package reference

import (
	"math"

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

// form is what of k and v a product takes.
type form int

const (
	asStored  form = iota
	magnitude      // |x|
	square         // x^2
)

// scored is a product of a [rows, dim] with k, to dst [rows, span of the block's keys].
type scored struct {
	dst, a []float64
	of     form
}

// scoreProducts computes products over the block's keys. All of it must be finite.
func (b *block) scoreProducts(products ...scored) {
	k, span := b.keys, b.span()
	for j := b.lo; j < b.hi; j += keyTile {
		w := min(keyTile, b.hi-j)
		if len(products) > 1 {
			b.formsOf(k.kt[j:], k.dim, w)
		}
		for _, p := range products {
			tile, stride := b.tile(p.of, k.kt[j:], w)
			mul(len(b.rows), w, k.dim, p.a, k.dim, tile, stride, p.dst[j-b.lo:], span)
		}
	}
}

// formsOf makes the magnitudes and squares of a tile [rows, w] of x, whose rows are kv_len apart.
func (b *block) formsOf(x []float64, rows, w int) {
	b.tileAbs, b.tileSq = resize(b.tileAbs, rows*w), resize(b.tileSq, rows*w)
	for r := range rows {
		from := x[r*b.keys.n:][:w]
		abs, sq := of(b.tileAbs, r, w)[:len(from)], of(b.tileSq, r, w)[:len(from)]
		for i, v := range from {
			abs[i], sq[i] = math.Abs(v), v*v
		}
	}
}

// tile is the tile in one of its forms, and the elements from one of its rows to the next.
func (b *block) tile(f form, x []float64, w int) ([]float64, int) {
	switch f {
	case magnitude:
		return b.tileAbs, w
	case square:
		return b.tileSq, w
	default:
		return x, b.keys.n
	}
}

// weighted is a product of weights [rows, span of the block's keys] with v, to dst.
type weighted struct {
	dst, weights []float64
	of           form
}

// valueProducts computes products over the first dim columns of v, for the block's keys. All of it must be finite. Those
// of the same keys are made one after the other, while the keys' values are in cache.
func (b *block) valueProducts(dim int, products ...weighted) {
	rows, span, n := len(b.rows), b.span(), b.keys.n
	forms := false
	for _, p := range products {
		clear(p.dst[:rows*dim])
		forms = forms || p.of != asStored
	}
	for j := b.lo; j < b.hi; j += 4 * keyTile {
		t := min(4*keyTile, b.hi-j)
		for d := 0; d < dim; d += colTile {
			c, values := min(colTile, dim-d), b.keys.vt[d*n+j:]
			if forms {
				b.formsOf(values, c, t)
			}
			for _, p := range products {
				tile, stride := b.tile(p.of, values, t)
				mulTransposed(rows, c, t, p.weights[j-b.lo:], span, tile, stride, p.dst[d:], dim)
			}
		}
	}
}
