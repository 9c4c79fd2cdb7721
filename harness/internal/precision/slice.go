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
		return halfTable[binary.LittleEndian.Uint16(data[2*index:])]
	}
}

// Decode reads len(into) elements of a little-endian array of the format, stride apart, from index on.
func (f Format) Decode(into []float64, data []byte, index, stride int) {
	switch f {
	case FP32:
		for i := range into {
			into[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*index:])))
			index += stride
		}
	case BF16:
		for i := range into {
			into[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*index:])) << 16))
			index += stride
		}
	default:
		for i := range into {
			into[i] = halfTable[binary.LittleEndian.Uint16(data[2*index:])]
			index += stride
		}
	}
}

// halfTable holds the value of every fp16 code: decoding is on the path of every case.
var halfTable = func() *[1 << 16]float64 {
	var table [1 << 16]float64
	for code := range table {
		table[code] = FP16.Value(uint32(code))
	}
	return &table
}()
