package reference

import "gonum.org/v1/gonum/blas"

// The bound needs eight products beside the two of the outputs, so products are most of what a reference costs. gonum's
// make one element of the result at a time, in instructions of two numbers: each addition waits for the one before. On
// amd64 tiles of the result are made here, eight sums side by side in instructions of four numbers.
//
// They have the bits that gonum has there: every element is the same sum of the same rounded products in the same
// order, so there is no fused multiply-add in them. What is left at the edges of a product is gonum's own work.

// mulTransposed adds a [rows, k] times the transpose of b [cols, k] to c [rows, cols]: gonum's Dgemm with alpha and beta 1.
func mulTransposed(rows, cols, k int, a []float64, lda int, b []float64, ldb int, c []float64, ldc int) {
	done := 0
	if tiled && k > 0 {
		done = cols &^ 3
		for j := 0; j < done; j += 4 {
			for i := 0; i < rows; i += 2 {
				if i+1 < rows {
					dots2x4(k, &a[i*lda], lda, &b[j*ldb], ldb, &c[i*ldc+j], ldc)
				} else {
					dots2x4(k, &a[i*lda], 0, &b[j*ldb], ldb, &c[i*ldc+j], 0)
				}
			}
		}
	}
	if done < cols {
		blasImpl.Dgemm(blas.NoTrans, blas.Trans, rows, cols-done, k, 1, a, lda, b[done*ldb:], ldb, 1, c[done:], ldc)
	}
}

// mul writes a [rows, k] times b [k, cols] to c [rows, cols]: gonum's Dgemm with alpha 1 and beta 0.
func mul(rows, cols, k int, a []float64, lda int, b []float64, ldb int, c []float64, ldc int) {
	const width = 16
	if !tiled || k == 0 || cols < width {
		blasImpl.Dgemm(blas.NoTrans, blas.NoTrans, rows, cols, k, 1, a, lda, b, ldb, 0, c, ldc)
		return
	}
	for j := 0; j < cols; j += width {
		j := min(j, cols-width) // the last tile computes some of the one before once more
		for i := 0; i < rows; i += 2 {
			if i+1 < rows {
				sums2x16(k, &a[i*lda], lda, &b[j], ldb, &c[i*ldc+j], ldc)
			} else {
				sums2x16(k, &a[i*lda], 0, &b[j], ldb, &c[i*ldc+j], 0)
			}
		}
	}
}
