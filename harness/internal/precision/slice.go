package precision

import (
	"encoding/binary"
	"math"

	"attest.example/attest/metal/narrow"
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
	data = data[f.Size()*index:]
	switch f {
	case FP32:
		step := 4 * stride
		for i, x := range from {
			binary.LittleEndian.PutUint32(data[i*step:], math.Float32bits(float32(x)))
		}
	case BF16:
		step := 2 * stride
		for i, x := range from {
			code, ok := narrow.BFloat(float64(x))
			if !ok {
				code = uint16(narrow.BF16.Encode(float64(x)))
			}
			binary.LittleEndian.PutUint16(data[i*step:], code)
		}
	default:
		step := 2 * stride
		for i, x := range from {
			code, ok := narrow.Half(float64(x))
			if !ok {
				code = uint16(narrow.FP16.Encode(float64(x)))
			}
			binary.LittleEndian.PutUint16(data[i*step:], code)
		}
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
	data = data[f.Size()*index:]
	done := 0
	if stride == 1 {
		done = decodeFours(f, into, data)
	}
	data, into = data[f.Size()*done:], into[done:]
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

// decodeFours is Decode of elements that lie next to each other, four for each look at the slices' bounds; it returns how
// many it has read.
func decodeFours[T float32 | float64](f Format, into []T, data []byte) (done int) {
	switch f {
	case FP32:
		for ; done+4 <= len(into); done += 4 {
			from, to := (*[16]byte)(data[4*done:]), (*[4]T)(into[done:])
			to[0] = T(math.Float32frombits(binary.LittleEndian.Uint32(from[0:])))
			to[1] = T(math.Float32frombits(binary.LittleEndian.Uint32(from[4:])))
			to[2] = T(math.Float32frombits(binary.LittleEndian.Uint32(from[8:])))
			to[3] = T(math.Float32frombits(binary.LittleEndian.Uint32(from[12:])))
		}
	case BF16:
		for ; done+4 <= len(into); done += 4 {
			from, to := binary.LittleEndian.Uint64(data[2*done:]), (*[4]T)(into[done:])
			to[0] = T(bfloat(uint16(from)))
			to[1] = T(bfloat(uint16(from >> 16)))
			to[2] = T(bfloat(uint16(from >> 32)))
			to[3] = T(bfloat(uint16(from >> 48)))
		}
	default:
		for ; done+4 <= len(into); done += 4 {
			from, to := binary.LittleEndian.Uint64(data[2*done:]), (*[4]T)(into[done:])
			if special := from & 0x7c00_7c00_7c00_7c00; (special+0x0400_0400_0400_0400)&0x8000_8000_8000_8000 != 0 { // an infinity or a NaN
				for i := range to {
					to[i] = T(half(uint16(from >> (16 * i))))
				}
				continue
			}
			to[0] = T(finiteHalf(uint16(from)))
			to[1] = T(finiteHalf(uint16(from >> 16)))
			to[2] = T(finiteHalf(uint16(from >> 32)))
			to[3] = T(finiteHalf(uint16(from >> 48)))
		}
	}
	return done
}

// bfloat is the value of a bf16 code: the upper half of a float32.
func bfloat(code uint16) float32 { return math.Float32frombits(uint32(code) << 16) }

// half is the value of an fp16 code.
func half(code uint16) float64 {
	switch {
	case code&0x7c00 != 0x7c00:
		return finiteHalf(code)
	case code&0x3ff != 0:
		return math.NaN()
	}
	return math.Inf(1 - 2*int(code>>15))
}

// finiteHalf moves exponent and fraction to where a float64 has them. There they stand for the value times 2^(15-1023), of
// subnormal ones too; a table of all codes would be larger than a processor's nearest caches.
func finiteHalf(code uint16) float64 {
	x := math.Float64frombits(uint64(code&0x7fff)<<42) * 0x1p1008
	return math.Float64frombits(math.Float64bits(x) | uint64(code>>15)<<63)
}
