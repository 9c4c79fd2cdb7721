package catalog

import (
	"io"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// TestKnownAnswersOfStrides: the problems of public reports about strided operands, with answers worked out by hand.
func TestKnownAnswersOfStrides(t *testing.T) {
	one := func(heads, rows int) cases.Case {
		return cases.Case{Version: cases.Version, Batch: 1, Heads: heads, QLen: rows, KVLen: rows, HeadDim: 1, Input: precision.FP32,
			Values: cases.Values{Q: cases.Zero}}
	}
	key := one(2, 1)
	key.Layout.K.Strides, key.Layout.V.Strides = cases.Strides{8, 4, 1, 1}, cases.Strides{8, 4, 1, 1}
	fused := one(2, 2)
	fused.Mask.Kind = cases.CausalMask
	fused.Layout.Q = cases.Operand{Strides: cases.Strides{12, 1, 6, 1}}
	fused.Layout.K = cases.Operand{Strides: cases.Strides{12, 1, 6, 1}, Offset: 2}
	fused.Layout.V = cases.Operand{Strides: cases.Strides{12, 1, 6, 1}, Offset: 4}
	far := one(2, 2)
	far.Layout.V.Strides = cases.Strides{0, 1<<32 + 24, 1<<31 + 8, 1}
	for _, test := range []struct {
		name string
		c    cases.Case
		v    []float64 // head after head
		want []float64
	}{
		{"heads four apart, one key", key, []float64{3, 7}, []float64{3, 7}},
		{"cut from a fused projection, causal", fused, []float64{3, 5, 7, 11}, []float64{3, 4, 7, 9}},
		{"rows and heads past 2^31 elements", far, []float64{3, 5, 7, 11}, []float64{4, 4, 9, 9}},
	} {
		for _, name := range []string{"naive", "host"} {
			t.Run(test.name+" "+name, func(t *testing.T) {
				c := test.c
				if err := c.Normalize(); err != nil {
					t.Fatal(err)
				}
				p, err := Open(t.Context(), name)
				if err != nil {
					t.Fatal(err)
				}
				if closer, ok := p.(io.Closer); ok {
					defer closer.Close()
				}
				tensors := cases.Materialize(c)
				for i, x := range test.v {
					tensors.V.Set(0, i/c.KVLen, i%c.KVLen, 0, x)
				}
				if _, err := p.Attend(t.Context(), c, tensors); err != nil {
					t.Fatal(err)
				}
				for i, want := range test.want {
					if got := tensors.Out.At(0, i/c.QLen, i%c.QLen, 0); got != want {
						t.Errorf("out[0,%d,%d,0] is %g; want %g", i/c.QLen, i%c.QLen, got, want)
					}
				}
			})
		}
	}
}
