package precision

import (
	"encoding/binary"
	"math"
)

// Put stores x, rounded, as element index of a little-endian array of the format.
func (f Format) Put(data []byte, index int, x float64) {
	if f == FP32 {
		binary.LittleEndian.PutUint32(data[4*index:], math.Float32bits(float32(x)))
		return
	}
	binary.LittleEndian.PutUint16(data[2*index:], uint16(f.Bits(x)))
}

// Get reads element index of a little-endian array of the format.
func (f Format) Get(data []byte, index int) float64 {
	switch f {
	case FP32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*index:])))
	case BF16:
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*index:])) << 16))
	default:
		return half(binary.LittleEndian.Uint16(data[2*index:]))
	}
}

// Decode reads len(into) elements of a little-endian array of the format, stride apart, from index on.
func (f Format) Decode(into []float64, data []byte, index, stride int) {
	if len(into) == 0 {
		return
	}
	size := f.Size()
	data = data[size*index:]
	switch f {
	case FP32:
		for i := range into {
			into[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*stride*i:])))
		}
	case BF16:
		for i := range into {
			into[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*stride*i:])) << 16))
		}
	default:
		for i := range into {
			into[i] = half(binary.LittleEndian.Uint16(data[2*stride*i:]))
		}
	}
}

// half is the value of an fp16 code. Its exponent and fraction, moved to where a float64 has them, stand for the value
// times 2^(15-1023), of subnormal ones too; a table of all codes would be larger than a processor's nearest caches.
func half(code uint16) float64 {
	if code&0x7c00 == 0x7c00 {
		return FP16.Value(uint32(code)) // an infinity or a NaN
	}
	x := math.Float64frombits(uint64(code&0x7fff)<<42) * 0x1p1008
	return math.Float64frombits(math.Float64bits(x) | uint64(code>>15)<<63)
}
