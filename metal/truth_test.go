package metal_test

import "math"

// problem is a case with its tensors, as float64 values that its precisions can hold.
type problem struct {
	batch, heads, kvHeads, qLen, kvLen, headDim int
	scale                                       float64
	input, intermediate, output                 int
	allowed                                     func(b, h, i, j int) bool
	bias                                        func(b, h, i, j int) float64
	q, k, v                                     []float64 // contiguous BHSD
}

func (p *problem) at(t []float64, heads, rows, b, h, i int) []float64 {
	return t[((b*heads+h)*rows+i)*p.headDim:][:p.headDim]
}

// row is the float64 truth of one query row: output, logsumexp, and how far each may be off.
type row struct {
	out, bound    []float64
	lse, lseBound float64
}

func growth(n int, u float64) float64 { return min(float64(n), 4*math.Sqrt(float64(n))) * u }

// truth computes a row by plain loops; the bound follows the error of each step of the kernel.
func (p *problem) truth(b, h, i int) row {
	const u = 1.0 / (1 << 24)
	uP := map[int]float64{0: 1.0 / (1 << 11), 1: 1.0 / (1 << 8), 2: 0}[p.intermediate]
	uO := map[int]float64{0: 1.0 / (1 << 11), 1: 1.0 / (1 << 8), 2: u}[p.output]
	q, kv := p.at(p.q, p.heads, p.qLen, b, h, i), h/(p.heads/p.kvHeads)
	r := row{out: make([]float64, p.headDim), bound: make([]float64, p.headDim), lse: math.Inf(-1)}
	var keys []int
	var s, delta []float64
	m := math.Inf(-1)
	for j := range p.kvLen {
		if !p.allowed(b, h, i, j) {
			continue
		}
		dot, size := 0.0, 0.0
		for d, x := range p.at(p.k, p.kvHeads, p.kvLen, b, kv, j) {
			dot += q[d] * x
			size += math.Abs(q[d] * x)
		}
		score := p.scale*dot + p.bias(b, h, i, j)
		keys, s = append(keys, j), append(s, score)
		delta = append(delta, growth(p.headDim+2, u)*math.Abs(p.scale)*size+3*u*math.Abs(score))
		m = max(m, score)
	}
	if len(keys) == 0 {
		return r
	}
	l, eps := 0.0, 0.0
	for n := range s {
		delta[n] += 3 * u * math.Abs(m)
		eps = max(eps, delta[n]+u*(8+4*math.Abs(min(s[n]-m, 0))))
		s[n] = math.Exp(s[n] - m)
		l += s[n]
	}
	eps += growth((p.kvLen+31)/32, 12*u)
	for n, j := range keys {
		for d, x := range p.at(p.v, p.kvHeads, p.kvLen, b, kv, j) {
			r.out[d] += s[n] / l * x
			r.bound[d] += s[n] / l * math.Abs(x) * (2*eps + growth(p.kvLen, u) + uP)
		}
	}
	for d := range r.out {
		r.bound[d] = r.bound[d]*math.Exp(2*min(eps, 1)) + (uO+3*u)*math.Abs(r.out[d]) + 1.0/(1<<25)
	}
	r.lse = m + math.Log(l)
	r.lseBound = 2*eps + growth(p.kvLen, u) + u*(math.Abs(m)+math.Abs(r.lse)+8)
	return r
}
