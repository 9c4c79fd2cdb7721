package host

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// TestBytesMayLieAnywhere: what is given without a buffer is the kernel's at an address that its type may have, wherever the
// caller has it, as Metal's setBytes copies it.
func TestBytesMayLieAnywhere(t *testing.T) {
	const text = `struct Row { float4 a; float b; packed_float3 c; };
kernel void test(device float *x [[buffer(0)]], constant Row *rows [[buffer(1)]], constant float3x3 &m [[buffer(2)]],
                 constant packed_uchar3 &odd [[buffer(3)]], uint i [[thread_position_in_grid]]) {
  Row r = rows[i % 2];
  x[i] = r.a.x + 10 * r.c[1] + 100 * m[i % 3].x + 1000 * odd[2];
}
`
	var given, matrix []byte
	for i := range 16 { // two rows of eight numbers
		given = binary.LittleEndian.AppendUint32(given, math.Float32bits(float32(i%8)+float32(i/8)))
	}
	for i := range 12 {
		matrix = binary.LittleEndian.AppendUint32(matrix, math.Float32bits(float32(i)))
	}
	shifted := func(b []byte, by int) []byte { return append(make([]byte, by), b...)[by:] }
	for engine, o := range map[string]Options{"fibers": {}, "vectors": {Engine: Wide}} {
		d := newDevice(t, o)
		kernel := compileText(t, d, text)
		for by := range 17 {
			t.Run(fmt.Sprintf("%s, %d", engine, by), func(t *testing.T) {
				x := buffer(t, d, 4*70)
				run(t, kernel, device.Launch{Grid: [3]uint32{70}, Threadgroup: [3]uint32{33}, GridInThreads: true, Arguments: []device.Argument{
					{Index: 0, Memory: x}, {Index: 1, Bytes: shifted(given, by)}, {Index: 2, Bytes: shifted(matrix, by)}, {Index: 3, Bytes: shifted([]byte{1, 2, 3}, by)}}})
				for i, got := range x.Float32s() {
					row := float32(i % 2)
					if want := row + 10*(6+row) + 100*float32(i%3*4) + 3000; got != want {
						t.Fatalf("x[%d] is %v, want %v", i, got, want)
					}
				}
			})
		}
	}
}
