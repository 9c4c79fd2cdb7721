package reference

import (
	"math"
	"sync"
)

// operands are K and V of one batch and kv head as the products want them:
// finite, and transposed to [columns, kv_len] so that every inner loop runs along
// the keys however many columns there are, computed once for all rows and heads that share
// them. The absolute values and squares that the bound and the sharp line need are
// made from these tile by tile, where they are multiplied: in memory they would
// cost more time to write and to read than to make.
type operands struct {
	n, dim, vDim int       // keys, columns of k and columns of v
	k, v         []float64 // as stored, [kv_len, dim] and [kv_len, vDim]

	kt, vt []float64 // [dim, kv_len] and [vDim, kv_len], 0 where not finite

	normK []float64  // [kv_len] sum of |k| over its columns
	likeK []elements // [kv_len] what the elements of a k row are like
	maxV  []float64  // [vDim] the largest |v| of a column

	// Only rows of like weights ask what the columns of v are like.
	columnsOnce sync.Once
	columns     []column // [vDim]
	badK        []bool   // [kv_len] keys with NaN or Inf in k; nil where there are none
	badV        []badElement
}

// badElement is an element of V that is not finite.
type badElement struct {
	key, col int
	value    float64
}

// reset fills o from K and V of one head, which hold numbers alone if numbers says so; u is the unit roundoff of the
// accumulators, which only bounds need.
func (o *operands) reset(k, v []float64, n, dim, vDim int, numbers, bounds bool, u float64) {
	o.n, o.dim, o.vDim, o.k, o.v = n, dim, vDim, k, v
	o.badK, o.badV = nil, o.badV[:0]
	o.kt, o.vt = resize(o.kt, n*dim), resize(o.vt, n*vDim)
	if !numbers {
		o.findBad()
	}
	transpose(o.kt, k, n, dim)
	transpose(o.vt, v, n, vDim)
	o.clearBad()
	if !bounds {
		return
	}
	o.normK = resize(o.normK, n)
	if cap(o.likeK) < n {
		o.likeK = make([]elements, n)
	}
	o.likeK = o.likeK[:n]
	var seen variety
	for j := range n {
		o.likeK[j], o.normK[j] = elementsOf(of(k, j, dim), u, &seen)
		if o.badK != nil && o.badK[j] {
			o.normK[j] = 0
		}
	}
	o.maxV = resize(o.maxV, vDim)
	o.columnsOnce = sync.Once{}
	for d := range vDim {
		m := 0.0
		for _, x := range o.vt[d*n : (d+1)*n] {
			if size := math.Abs(x); size > m {
				m = size
			}
		}
		o.maxV[d] = m
	}
}

// clearBad makes zeros of what the products must not meet: keys and elements of v that are not finite.
func (o *operands) clearBad() {
	for j, bad := range o.badK {
		if !bad {
			continue
		}
		for at := j; at < len(o.kt); at += o.n {
			o.kt[at] = 0
		}
	}
	for _, e := range o.badV {
		o.vt[e.col*o.n+e.key] = 0
	}
}

// findBad notes what is not finite.
func (o *operands) findBad() {
	if !allFinite(o.k) {
		o.badK = make([]bool, o.n)
		for j := range o.n {
			o.badK[j] = !allFinite(o.k[j*o.dim : (j+1)*o.dim])
		}
	}
	if !allFinite(o.v) {
		for i, x := range o.v {
			if !finite(x) {
				o.badV = append(o.badV, badElement{key: i / o.vDim, col: i % o.vDim, value: x})
			}
		}
	}
}

func allFinite(x []float64) bool { return largestBits(x) < math.Float64bits(math.Inf(1)) }

// largestBits is the pattern of the largest magnitude, that of a NaN where there is one: magnitudes are in the order of their
// patterns, and whole numbers are compared faster.
func largestBits(x []float64) (top uint64) {
	for _, v := range x {
		top = max(top, math.Float64bits(v)<<1)
	}
	return top >> 1
}

// transpose writes the transpose of src [rows, cols] to dst, in tiles that stay
// in cache.
func transpose(dst, src []float64, rows, cols int) {
	const tile = 32
	for i0 := 0; i0 < rows; i0 += tile {
		i1 := min(i0+tile, rows)
		for j0 := 0; j0 < cols; j0 += tile {
			j1 := min(j0+tile, cols)
			for j := j0; j < j1; j++ {
				column := dst[j*rows+i0 : j*rows+i1]
				for i := range column {
					column[i] = src[(i0+i)*cols+j]
				}
			}
		}
	}
}

// magnitudes returns |x| and x^2.
func magnitudes(abs, sq, x []float64) (_, _ []float64) {
	abs, sq = resize(abs, len(x)), resize(sq, len(x))
	for i, v := range x {
		abs[i] = math.Abs(v)
		sq[i] = v * v
	}
	return abs, sq
}

// resize returns a slice of n elements, x itself where it has room.
func resize(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}

var operandPool = sync.Pool{New: func() any { return new(operands) }}

// sharedOperands builds the operands of one batch and kv head when the first
// block of rows needs them, and frees their memory after the last.
type sharedOperands struct {
	once  sync.Once
	built *operands

	mu    sync.Mutex
	users int
}

func (s *sharedOperands) get(build func(*operands)) *operands {
	s.once.Do(func() {
		s.built = operandPool.Get().(*operands)
		build(s.built)
	})
	return s.built
}

func (s *sharedOperands) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 && s.built != nil {
		s.built.k, s.built.v = nil, nil
		operandPool.Put(s.built)
		s.built = nil
	}
}
