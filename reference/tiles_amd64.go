//go:build amd64 && !purego

package reference

import "golang.org/x/sys/cpu"

// tiled tells whether this processor has the instructions of the tiles: 256 bits at once.
var tiled = cpu.X86.HasAVX

// dots2x4 adds to c [2, 4] the products of the 2 rows of a [2, k] with the 4 rows of b [4, k]. lda, ldb and ldc are the
// elements from one row to the next; lda and ldc may be 0, for one row alone.
//
//go:noescape
func dots2x4(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)

// sums2x16 writes the product of a [2, k] and b [k, 16] to c [2, 16], with strides as those of dots2x4.
//
//go:noescape
func sums2x16(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)
