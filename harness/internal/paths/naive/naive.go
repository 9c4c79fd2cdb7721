// Package naive is the baseline path: attention in plain Go loops, in the precision that the case declares and in the
// order of the formula. One row at a time it makes all scores, then all weights, then the output; it skips keys that
// the mask forbids and uses no blocks, no running maximum and no other trick.
package naive

import (
	"context"
	"math"
	"slices"
	"sync"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// Path is the naive implementation. The zero value is ready.
type Path struct{}

// New returns the path.
func New() Path { return Path{} }

// Name is "naive".
func (Path) Name() string { return "naive" }

// Supports is nil for every case.
func (Path) Supports(cases.Case) error { return nil }

// Knows is true: the formula is whole.
func (Path) Knows(string) bool { return true }

// Describe names Go as what computes.
func (Path) Describe() paths.Description { return paths.DescribeGo() }

// Arithmetic is that of the loops below: every operation rounds to the intermediate format, the weights are
// normalized before they meet v, and the exponential is float64's rounded once.
func (Path) Arithmetic(c cases.Case) reference.Arithmetic {
	acc := paths.FormatOf(intermediate(c))
	return reference.Arithmetic{
		In: paths.FormatOf(c.Input), Acc: acc, Out: paths.FormatOf(c.Output),
		Exp:             reference.ExpError{A: 2 * acc.Unit / 0x1p-23},
		NormalizedProbs: true, Deterministic: true,
	}
}

func intermediate(c cases.Case) precision.Format {
	if c.Intermediate != 0 {
		return c.Intermediate
	}
	return precision.FP32
}

// Attend computes the case.
func (Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	r := row{
		narrow: narrowTo(intermediate(c)), wide: intermediate(c) == precision.FP32, scale: c.EffectiveScale(), softcap: c.Softcap, headDim: c.HeadDim, vHeadDim: c.VDim(),
		bias: make([]float64, c.KVLen), out: make([]float32, c.VDim()),
	}
	mask := c.Rows(t)
	var sinks []float64
	if t.Sinks != nil {
		sinks = t.Sinks.Dense()
	}
	m := memory.Get().(*operands)
	defer memory.Put(m)
	m.q, m.k, m.v = t.Q.DenseFP32(m.q), t.K.DenseFP32(m.k), t.V.DenseFP32(m.v)
	q, k, v := m.q, m.k, m.v
	for b := range c.Batch {
		for h := range c.Heads {
			kv := (b*c.KVHeads + h/c.Group()) * c.KVLen
			r.sink = math.Inf(-1)
			if sinks != nil {
				r.sink = sinks[h]
			}
			r.k, r.v = k[kv*r.headDim:(kv+c.KVLen)*r.headDim], v[kv*r.vHeadDim:(kv+c.KVLen)*r.vHeadDim]
			for i := range c.QLen {
				if err := ctx.Err(); err != nil {
					return paths.Timing{}, err
				}
				first, last := 0, c.KVLen
				if mask != nil {
					first, last = mask.Row(b, h, i, r.bias)
				}
				at := ((b*c.Heads+h)*c.QLen + i) * c.HeadDim
				lse := r.attend(q[at:at+c.HeadDim], first, last)
				precision.Encode(t.Out.Format, t.Out.Data, t.Out.Index(b, h, i, 0), t.Out.Strides[3], r.out)
				if t.LSE != nil {
					t.LSE.Set(b, h, i, 0, lse)
				}
			}
		}
	}
	return paths.Timing{}, nil
}

// operands are q, k and v, contiguous. Their memory is kept between calls: a fresh page costs more than what is read from it.
type operands struct{ q, k, v []float32 }

var memory = sync.Pool{New: func() any { return new(operands) }}

// row computes one query row; its slices are reused.
type row struct {
	narrow            narrowing
	wide              bool // the intermediate format is fp32
	scale             float32
	softcap           float32 // 0: none
	sink              float64 // of the head; -Inf: none
	headDim, vHeadDim int
	k, v              []float32 // of one kv head, [kv_len, head_dim] and [kv_len, v_head_dim]
	bias              []float64 // [kv_len]; -Inf: forbidden
	allowed           []int     // the keys that the mask leaves to the row
	scores            []float32 // of each of those, then the weights
	out               []float32 // [v_head_dim]
}

// attend leaves the output in r.out and returns the logsumexp: 0 and the sink, or -Inf, for a row with no allowed key.
func (r *row) attend(q []float32, first, last int) float64 {
	clear(r.out)
	r.allow(first, last)
	if len(r.allowed) == 0 {
		return r.sink
	}
	largest := float32(math.Inf(-1))
	r.dots(q)
	for n, j := range r.allowed {
		s := r.rounded(r.scores[n] * r.scale)
		if r.softcap > 0 {
			s = r.rounded(r.softcap * r.rounded(float32(math.Tanh(float64(r.rounded(s/r.softcap))))))
		}
		s = r.rounded(s + float32(r.bias[j]))
		r.scores[n] = s
		if s > largest || s != s {
			largest = s
		}
	}
	var sum float32
	if sink := r.rounded(float32(r.sink)); !math.IsInf(r.sink, -1) {
		if sink > largest {
			largest = sink
		}
		sum = r.rounded(float32(math.Exp(float64(r.rounded(sink - largest)))))
	}
	for n, s := range r.scores {
		p := r.rounded(float32(math.Exp(float64(r.rounded(s - largest)))))
		r.scores[n] = p
		sum = r.rounded(sum + p)
	}
	for n, p := range r.scores {
		r.scores[n] = r.rounded(p / sum)
	}
	r.accumulate()
	return float64(r.rounded(largest + r.rounded(float32(math.Log(float64(sum))))))
}

// rounded rounds to the intermediate format.
func (r *row) rounded(x float32) float32 {
	if r.wide { // no call, for what most cases have
		return x
	}
	return r.narrow.round(x)
}

// allow lists the keys that the mask does not forbid, and makes room for their scores.
func (r *row) allow(first, last int) {
	r.allowed = r.allowed[:0]
	for j := first; j < last; j++ {
		if !math.IsInf(r.bias[j], -1) {
			r.allowed = append(r.allowed, j)
		}
	}
	r.scores = slices.Grow(r.scores[:0], len(r.allowed))[:len(r.allowed)]
}

// dots and accumulate are where the time goes. fp32, which needs no rounding by hand, has loops of its own, over four keys
// at a time: a processor adds four sums at once as fast as one. Each sum still goes through its terms in their order.
func (r *row) dots(q []float32) {
	n := 0
	if r.wide {
		for ; n+4 <= len(r.allowed); n += 4 {
			a, b, c, d := r.key(n)[:len(q)], r.key(n + 1)[:len(q)], r.key(n + 2)[:len(q)], r.key(n + 3)[:len(q)]
			var sa, sb, sc, sd float32
			for i, x := range q {
				sa += x * a[i]
				sb += x * b[i]
				sc += x * c[i]
				sd += x * d[i]
			}
			r.scores[n], r.scores[n+1], r.scores[n+2], r.scores[n+3] = sa, sb, sc, sd
		}
	}
	for ; n < len(r.allowed); n++ {
		r.scores[n] = r.dot(q, r.key(n))
	}
}

func (r *row) dot(q, k []float32) float32 {
	var s float32
	if r.wide {
		for d, x := range k {
			s += q[d] * x
		}
		return s
	}
	for d, x := range k {
		s = r.rounded(s + r.rounded(q[d]*x))
	}
	return s
}

// key and value are the vectors of the n-th allowed key.
func (r *row) key(n int) []float32   { return r.k[r.allowed[n]*r.headDim:][:r.headDim] }
func (r *row) value(n int) []float32 { return r.v[r.allowed[n]*r.vHeadDim:][:r.vHeadDim] }

func (r *row) accumulate() {
	n := 0
	if r.wide {
		for ; n+4 <= len(r.allowed); n += 4 {
			p := (*[4]float32)(r.scores[n:])
			out := r.out
			a, b, c, d := r.value(n)[:len(out)], r.value(n + 1)[:len(out)], r.value(n + 2)[:len(out)], r.value(n + 3)[:len(out)]
			for i, x := range out {
				x += p[0] * a[i]
				x += p[1] * b[i]
				x += p[2] * c[i]
				x += p[3] * d[i]
				out[i] = x
			}
		}
	}
	for ; n < len(r.allowed); n++ {
		p := r.scores[n]
		for d, x := range r.value(n) {
			r.out[d] = r.rounded(r.out[d] + r.rounded(p*x))
		}
	}
}
