package precision

// Bits rounds x to the format, to nearest with ties to even, and returns the bit pattern in the low bits.
// Values past the largest finite one by half a step or more become infinite; a NaN stays a quiet NaN.
func (f Format) Bits(x float64) uint32 { return f.shape().Encode(x) }

// Value returns the number that a bit pattern of the format stands for, exactly.
func (f Format) Value(bits uint32) float64 { return f.shape().Decode(bits) }

// Round returns x as the format stores it.
func (f Format) Round(x float64) float64 {
	if f == FP32 {
		return float64(float32(x))
	}
	return f.shape().Round(x)
}

// SignallingNaN is the bit pattern of a NaN whose quiet bit is clear. Arithmetic makes it quiet, so no conversion from a
// number returns it: it has to be stored as bits.
func (f Format) SignallingNaN() uint32 {
	s := f.shape()
	return uint32(1<<(s.Bits-1-s.Mantissa)-1)<<s.Mantissa | 1<<(s.Mantissa-2)
}
