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

// Encode stores numbers, rounded, into a little-endian array of the format, stride elements apart, from index on.
func Encode[T float32 | float64](f Format, data []byte, index, stride int, from []T) {
	if len(from) == 0 {
		return
	}
	if f == FP32 {
		for _, x := range from {
			binary.LittleEndian.PutUint32(data[4*index:], math.Float32bits(float32(x)))
			index += stride
		}
		return
	}
	shape := f.shape()
	for _, x := range from {
		binary.LittleEndian.PutUint16(data[2*index:], uint16(shape.Encode(float64(x))))
		index += stride
	}
}

// Get reads element index of a little-endian array of the format.
func (f Format) Get(data []byte, index int) float64 {
	switch f {
	case FP32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*index:])))
	case BF16:
		return float64(bfloat(binary.LittleEndian.Uint16(data[2*index:])))
	default:
		return half(binary.LittleEndian.Uint16(data[2*index:]))
	}
}

// Decode reads len(into) elements of a little-endian array of the format, stride apart, from index on. A float32 holds
// every format exactly.
func Decode[T float32 | float64](f Format, into []T, data []byte, index, stride int) {
	if len(into) == 0 {
		return
	}
	size := f.Size()
	data = data[size*index:]
	switch f {
	case FP32:
		for i := range into {
			into[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(data[4*stride*i:])))
		}
	case BF16:
		for i := range into {
			into[i] = T(bfloat(binary.LittleEndian.Uint16(data[2*stride*i:])))
		}
	default:
		for i := range into {
			code := binary.LittleEndian.Uint16(data[2*stride*i:])
			if code&0x7c00 == 0x7c00 {
				into[i] = T(half(code))
				continue
			}
			into[i] = T(finiteHalf(code)) // half, which is too large to stand in a loop without a call
		}
	}
}

// bfloat is the value of a bf16 code: the upper half of a float32.
func bfloat(code uint16) float32 { return math.Float32frombits(uint32(code) << 16) }

// half is the value of an fp16 code.
func half(code uint16) float64 {
	if code&0x7c00 == 0x7c00 {
		return FP16.Value(uint32(code)) // an infinity or a NaN
	}
	return finiteHalf(code)
}

// finiteHalf moves exponent and fraction to where a float64 has them. There they stand for the value times 2^(15-1023), of
// subnormal ones too; a table of all codes would be larger than a processor's nearest caches.
func finiteHalf(code uint16) float64 {
	x := math.Float64frombits(uint64(code&0x7fff)<<42) * 0x1p1008
	return math.Float64frombits(math.Float64bits(x) | uint64(code>>15)<<63)
}
