// Package naive is the baseline path: attention in plain Go loops, in the precision that the case declares and in the
// order of the formula. One row at a time it makes all scores, then all weights, then the output; it skips keys that
// the mask forbids and uses no blocks, no running maximum and no other trick.
package naive

import (
	"context"
	"math"

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
		round: rounder(intermediate(c)), wide: intermediate(c) == precision.FP32, scale: c.EffectiveScale(), softcap: c.Softcap, headDim: c.HeadDim, vHeadDim: c.VDim(),
		bias: make([]float64, c.KVLen), scores: make([]float32, c.KVLen), out: make([]float32, c.VDim()),
	}
	mask := c.Rows(t)
	var sinks []float64
	if t.Sinks != nil {
		sinks = t.Sinks.Dense()
	}
	q, k, v := narrow(&t.Q), narrow(&t.K), narrow(&t.V)
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
				for d, x := range r.out {
					t.Out.Set(b, h, i, d, float64(x))
				}
				if t.LSE != nil {
					t.LSE.Set(b, h, i, 0, lse)
				}
			}
		}
	}
	return paths.Timing{}, nil
}

// row computes one query row; its slices are reused.
type row struct {
	round             func(float32) float32
	wide              bool // the intermediate format is fp32
	scale             float32
	softcap           float32 // 0: none
	sink              float64 // of the head; -Inf: none
	headDim, vHeadDim int
	k, v              []float32 // of one kv head, [kv_len, head_dim] and [kv_len, v_head_dim]
	bias              []float64 // [kv_len]; -Inf: forbidden
	scores            []float32 // [kv_len], then the weights
	out               []float32 // [v_head_dim]
}

// attend leaves the output in r.out and returns the logsumexp: 0 and the sink, or -Inf, for a row with no allowed key.
func (r *row) attend(q []float32, first, last int) float64 {
	clear(r.out)
	largest, any := float32(math.Inf(-1)), false
	for j := first; j < last; j++ {
		if math.IsInf(r.bias[j], -1) {
			continue
		}
		any = true
		s := r.dot(q, r.k[j*r.headDim:(j+1)*r.headDim])
		s = r.round(s * r.scale)
		if r.softcap > 0 {
			s = r.round(r.softcap * r.round(float32(math.Tanh(float64(r.round(s/r.softcap))))))
		}
		s = r.round(s + float32(r.bias[j]))
		r.scores[j] = s
		if s > largest || s != s {
			largest = s
		}
	}
	if !any {
		return r.sink
	}
	var sum float32
	if sink := r.round(float32(r.sink)); !math.IsInf(r.sink, -1) {
		if sink > largest {
			largest = sink
		}
		sum = r.round(float32(math.Exp(float64(r.round(sink - largest)))))
	}
	for j := first; j < last; j++ {
		if math.IsInf(r.bias[j], -1) {
			continue
		}
		p := r.round(float32(math.Exp(float64(r.round(r.scores[j] - largest)))))
		r.scores[j] = p
		sum = r.round(sum + p)
	}
	for j := first; j < last; j++ {
		if math.IsInf(r.bias[j], -1) {
			continue
		}
		p := r.round(r.scores[j] / sum)
		r.accumulate(p, r.v[j*r.vHeadDim:(j+1)*r.vHeadDim])
	}
	return float64(r.round(largest + r.round(float32(math.Log(float64(sum))))))
}

// dot and accumulate are where the time goes, so fp32, which needs no rounding by hand, has loops of its own.
func (r *row) dot(q, k []float32) float32 {
	var s float32
	if r.wide {
		for d, x := range k {
			s += q[d] * x
		}
		return s
	}
	for d, x := range k {
		s = r.round(s + r.round(q[d]*x))
	}
	return s
}

func (r *row) accumulate(p float32, v []float32) {
	if r.wide {
		for d, x := range v {
			r.out[d] += p * x
		}
		return
	}
	for d, x := range v {
		r.out[d] = r.round(r.out[d] + r.round(p*x))
	}
}

// rounder rounds an fp32 result to the intermediate format. Go rounds fp32 operations itself, and may fuse a product
// into a sum, which only ever helps.
func rounder(f precision.Format) func(float32) float32 {
	if f == precision.FP32 {
		return func(x float32) float32 { return x }
	}
	return func(x float32) float32 { return float32(f.Round(float64(x))) }
}

// narrow decodes a tensor to contiguous fp32, which holds every input format exactly.
func narrow(t *cases.Tensor) []float32 {
	wide := t.Dense()
	out := make([]float32, len(wide))
	for i, x := range wide {
		out[i] = float32(x)
	}
	return out
}
