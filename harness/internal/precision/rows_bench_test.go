package precision

import (
	"fmt"
	"testing"
)

// BenchmarkRows reports what a row costs, decoded and encoded, elements next to each other and apart.
func BenchmarkRows(b *testing.B) {
	const n = 64
	for _, f := range Formats() {
		for _, stride := range []int{1, 5} {
			data := make([]byte, n*stride*f.Size())
			wide, narrow := make([]float64, n), make([]float32, n)
			for i := range wide {
				wide[i] = float64(i)*0.37 - 11
			}
			Encode(f, data, 0, stride, wide)
			Decode(f, narrow, data, 0, stride)
			b.Run(fmt.Sprintf("%s/stride=%d/decode64", f, stride), func(b *testing.B) {
				for b.Loop() {
					Decode(f, wide, data, 0, stride)
				}
			})
			b.Run(fmt.Sprintf("%s/stride=%d/decode32", f, stride), func(b *testing.B) {
				for b.Loop() {
					Decode(f, narrow, data, 0, stride)
				}
			})
			b.Run(fmt.Sprintf("%s/stride=%d/encode64", f, stride), func(b *testing.B) {
				for b.Loop() {
					Encode(f, data, 0, stride, wide)
				}
			})
			b.Run(fmt.Sprintf("%s/stride=%d/encode32", f, stride), func(b *testing.B) {
				for b.Loop() {
					Encode(f, data, 0, stride, narrow)
				}
			})
		}
	}
}
