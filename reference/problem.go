package reference

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// Problem is one attention problem. For every batch and head it asks for
//
//	output = softmax(Scale * Q K^T + bias) V        one row a query
//
// Tensors are contiguous, [batch, heads, rows, columns], and hold the values
// that the implementation reads, already rounded to its input format. K and V
// have KVHeads heads; query head h uses head h / (Heads/KVHeads) of them.
type Problem struct {
	Batch, Heads, KVHeads int
	// QLen, KVLen and Batch may be 0. Without a query there is no output; without a
	// key every row is one that sees none: see special.go.
	QLen, KVLen, HeadDim int
	// VHeadDim is the columns of V and of the output; 0: HeadDim. Nothing else knows
	// of it: weights come from Q and K, and each column of the output from that
	// column of V.
	VHeadDim int
	// Scale multiplies the scores before the mask is added; any finite number,
	// no larger than fp32 holds.
	Scale float64
	// Softcap is the size that scores keep below, s' = Softcap*tanh(s/Softcap),
	// before the mask is added; 0: none.
	Softcap float64
	// Sinks are logits, one a query head, that enter the sum by which weights are
	// divided and nothing else: see sink.go. nil, or -Inf for a head: none.
	Sinks []float64
	// Q is [Batch, Heads, QLen, HeadDim], K [Batch, KVHeads, KVLen, HeadDim] and V
	// [Batch, KVHeads, KVLen, VHeadDim]. NaN and infinities are data; finite values beyond the range of
	// fp32 are refused.
	Q, K, V []float64
	// Mask decides which keys a row may see; nil: all of them.
	Mask Mask
}

// Validate reports the first field that does not fit the others.
func (p *Problem) Validate() error {
	_, err := p.validate()
	return err
}

// validate is Validate; numbers reports whether no element of Q, K and V is NaN or an infinity.
func (p *Problem) validate() (numbers bool, err error) {
	if p == nil {
		return false, errors.New("reference: problem: it is nil: want one")
	}
	for _, d := range []struct {
		name string
		n    int
		min  int
	}{
		{"batch", p.Batch, 0}, {"heads", p.Heads, 1}, {"kv_heads", p.KVHeads, 1},
		{"q_len", p.QLen, 0}, {"kv_len", p.KVLen, 0}, {"head_dim", p.HeadDim, 1}, {"v_head_dim", p.VHeadDim, 0},
	} {
		if d.n < d.min {
			return false, fmt.Errorf("reference: problem: %s is %d: want %d or more", d.name, d.n, d.min)
		}
	}
	if p.Heads%p.KVHeads != 0 {
		return false, fmt.Errorf("reference: problem: kv_heads is %d: want a divisor of heads, %d", p.KVHeads, p.Heads)
	}
	if !(math.Abs(p.Scale) <= math.MaxFloat32) {
		return false, fmt.Errorf("reference: problem: scale is %v: want a finite number that fp32 holds", p.Scale)
	}
	if !(p.Softcap >= 0 && p.Softcap <= math.MaxFloat32) {
		return false, fmt.Errorf("reference: problem: softcap is %v: want 0 or a positive finite number that fp32 holds", p.Softcap)
	}
	if err := p.checkSinks(); err != nil {
		return false, err
	}
	numbers = true
	for _, t := range []struct {
		name        string
		x           []float64
		heads, rows int
		columns     int
	}{{"q", p.Q, p.Heads, p.QLen, p.HeadDim}, {"k", p.K, p.KVHeads, p.KVLen, p.HeadDim}, {"v", p.V, p.KVHeads, p.KVLen, p.vDim()}} {
		want, ok := product(p.Batch, t.heads, t.rows, t.columns)
		if !ok {
			return false, fmt.Errorf("reference: problem: %s of shape [%d, %d, %d, %d] has more elements than an int counts",
				t.name, p.Batch, t.heads, t.rows, t.columns)
		}
		if len(t.x) != want {
			return false, fmt.Errorf("reference: problem: %s has %d elements: want %d for shape [%d, %d, %d, %d]",
				t.name, len(t.x), want, p.Batch, t.heads, t.rows, t.columns)
		}
		largest := largestBits(t.x)
		if largest <= math.Float64bits(math.MaxFloat32) {
			continue
		}
		numbers = numbers && largest < math.Float64bits(math.Inf(1))
		for i, v := range t.x {
			if math.Abs(v) > math.MaxFloat32 && !math.IsInf(v, 0) {
				return false, fmt.Errorf("reference: problem: %s[%d] is %v: want a value that fp32 holds", t.name, i, v)
			}
		}
	}
	if _, ok := product(p.Batch, p.Heads, p.QLen, p.vDim()); !ok {
		return false, fmt.Errorf("reference: problem: [%d, %d, %d, %d] has more outputs than an int counts",
			p.Batch, p.Heads, p.QLen, p.vDim())
	}
	if _, ok := product(p.Batch, p.Heads, p.QLen, p.KVLen); !ok {
		return false, fmt.Errorf("reference: problem: [%d, %d, %d, %d] has more scores than an int counts",
			p.Batch, p.Heads, p.QLen, p.KVLen)
	}
	return numbers, nil
}

// vDim is the columns of V and of the output.
func (p *Problem) vDim() int {
	if p.VHeadDim > 0 {
		return p.VHeadDim
	}
	return p.HeadDim
}

// group is the number of query heads that share one head of K and V.
func (p *Problem) group() int { return p.Heads / p.KVHeads }

// product multiplies sizes that are not negative, and reports whether the
// result fits.
func product(sizes ...int) (int, bool) {
	n := uint64(1)
	for _, s := range sizes {
		hi, lo := bits.Mul64(n, uint64(s))
		if hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		n = lo
	}
	return int(n), true
}
