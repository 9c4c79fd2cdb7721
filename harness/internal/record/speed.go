package record

import "attest.example/attest/harness/internal/cases"

// Speed is the work of a case and, where the device's time is known, its rates.
type Speed struct {
	Instructions float64 `json:"ginstrs_per_second,omitzero"`        // 10^9 (2*D + 5)*q*kv*B*H a second
	Nominal      float64 `json:"gflops_nominal_per_second,omitzero"` // 10^9 4*D*q*kv*B*H a second
	Needed       float64 `json:"gflops_needed_per_second,omitzero"`  // the same over the pairs that causal and window allow
	BytesMoved   float64 `json:"bytes_moved"`                        // of one dispatch: see Bytes
}

// shortest is the least time, in seconds, that a clock can have told. What is below it is no measurement, and a rate by it
// might be larger than any number.
const shortest = 1e-15

// SpeedOf returns the rates of dispatches runs of a case that took gpuSeconds together. Without a time, a rate is 0.
func SpeedOf(c cases.Case, dispatches int, gpuSeconds float64) Speed {
	s := Speed{BytesMoved: Bytes(c)}
	if gpuSeconds >= shortest && dispatches > 0 {
		perSecond := float64(dispatches) / gpuSeconds / 1e9
		s.Instructions = Instructions(c) * perSecond
		s.Nominal = NominalFLOP(c) * perSecond
		s.Needed = NeededFLOP(c) * perSecond
	}
	return s
}

// pairs is the number of (query row, key) pairs, masked or not.
func pairs(c cases.Case) float64 {
	return float64(c.Batch) * float64(c.Heads) * float64(c.QLen) * float64(c.KVLen)
}

// Instructions is the work of one dispatch in the unit of the metal-flash-attention benchmarks:
// (2*D + 5) for each pair, whatever the mask; with v_head_dim E, (D + E + 5).
func Instructions(c cases.Case) float64 { return float64(c.HeadDim+c.VDim()+5) * pairs(c) }

// NominalFLOP is a multiplication and an addition for every element of both products: 4*D for each pair, or 2*(D + E)
// with v_head_dim E.
func NominalFLOP(c cases.Case) float64 { return 2 * float64(c.HeadDim+c.VDim()) * pairs(c) }

// NeededFLOP counts only the pairs that a causal mask or a window allows. What an array forbids is known only to
// who reads it, so it counts.
func NeededFLOP(c cases.Case) float64 {
	allowed := 0.0
	for batch := range c.Batch {
		for row := range c.QLen {
			first, last := c.Span(batch, row)
			allowed += float64(last - first)
		}
	}
	return 2 * float64(c.HeadDim+c.VDim()) * float64(c.Heads) * allowed
}

// Bytes is what any implementation must move once: the elements of q, k, v and the mask array read, those of the
// outputs written, without slack. Where there are no keys nothing need be read.
func Bytes(c cases.Case) float64 {
	t, err := cases.Layouts(c)
	if err != nil {
		return 0 // not normalized: such a case has no tensors
	}
	bytes := float64(t.Out.Len()) * float64(c.Output.Size())
	if t.LSE != nil {
		bytes += 4 * float64(t.LSE.Len())
	}
	if c.Empty() {
		return bytes
	}
	bytes += float64(t.Q.Len())*float64(c.Input.Size()) + t.K.Read() + t.V.Read()
	if t.Mask != nil {
		size := 1
		if !t.Mask.Bool {
			size = t.Mask.Format.Size()
		}
		bytes += float64(size) * float64(t.Mask.Len())
	}
	return bytes
}
