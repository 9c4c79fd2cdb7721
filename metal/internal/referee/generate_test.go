package referee

import (
	"fmt"
	"testing"
)

// TestRandomKernelsEnd: a kernel that the referee cannot carry out would say nothing about an engine.
func TestRandomKernelsEnd(t *testing.T) {
	in, out := make([]uint32, 64), make([]uint32, 32)
	for i := range in {
		in[i] = uint32(i*i) % 61
	}
	for seed := range uint64(3000) {
		name := fmt.Sprintf("k%d", seed)
		p, err := Parse(Text(Generate(name, seed)))
		if err == nil {
			err = p.Run(name, in, out, 3)
		}
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
