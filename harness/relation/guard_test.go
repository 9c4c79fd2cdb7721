package relation

import (
	"errors"
	"strings"
	"testing"

	"attest/harness/cases"
	"attest/harness/precision"
	"attest/harness/verdict"
	"attest/reference"
)

// guarded is a case with slack, offsets and a logsumexp, before and after a sound run.
func guarded(t *testing.T, input precision.Format, out cases.Operand) (before, after *cases.Tensors, truth *reference.Result) {
	c := normalized(t, cases.Case{Batch: 2, Heads: 2, QLen: 5, KVLen: 7, HeadDim: 3, Input: input, LSE: true,
		Mask:   cases.Mask{Kind: cases.BoolMask, EmptyRows: 3, Pad: 2, Offset: 1},
		Layout: cases.Layout{Q: cases.Operand{Pad: 1}, K: cases.Operand{Offset: 4}, Out: out}})
	s, err := subject(exact{}, c)
	if err != nil {
		t.Fatal(err)
	}
	return cases.Materialize(c), s.Tensors, s.Truth
}

func TestGuard(t *testing.T) {
	layouts := []cases.Operand{{}, {Pad: 2}, {Offset: 3}, {Order: cases.BSHD, Pad: 1, Offset: 2}, {Transpose: true, Pad: 3}}
	for _, test := range []struct {
		name string
		harm func(*cases.Tensors)
		want string // part of the message; empty: no violation
	}{
		{"nothing", func(*cases.Tensors) {}, ""},
		{"an input element", func(t *cases.Tensors) { t.K.Set(1, 1, 3, 2, 99) }, "input k was changed"},
		{"the slack of an input", func(t *cases.Tensors) { t.Q.Data[t.Q.Index(0, 0, 0, 2)*t.Q.Format.Size()+t.Q.Format.Size()]++ }, "input q was changed"},
		{"the mask", func(t *cases.Tensors) { t.Mask.Data[len(t.Mask.Data)-1] ^= 1 }, "input mask was changed"},
		{"an element before the output", func(t *cases.Tensors) { t.Out.Format.Put(t.Out.Data, 0, 1) }, "element 0 of the out buffer"},
		{"one byte in the output's slack", func(t *cases.Tensors) { t.Out.Data[len(t.Out.Data)-1] = 0 }, "of the out buffer lies outside"},
	} {
		for _, f := range precision.Formats() {
			for _, out := range layouts {
				before, after, truth := guarded(t, f, out)
				if err := errors.Join(Guard(before, after), Unwritten(after, truth)); err != nil {
					t.Fatalf("%s, out %+v: a sound run: %v", f, out, err)
				}
				test.harm(after)
				err := Guard(before, after)
				if strings.Contains(test.want, "out buffer") && (out == cases.Operand{} ||
					strings.Contains(test.want, "element 0") && out.Offset == 0 || !strings.Contains(test.want, "element 0") && out.Pad == 0) {
					continue // no such slack in this layout
				}
				expectGuard(t, test.name, err, test.want)
			}
		}
	}
}

func TestUnwritten(t *testing.T) {
	for _, test := range []struct {
		name string
		harm func(*cases.Tensors)
		want string
	}{
		{"an element", func(t *cases.Tensors) { unwrite(&t.Out, 1, 0, 4, 2) }, "1 elements of out were never written, the first at [1,0,4,2]"},
		{"a row without keys", func(t *cases.Tensors) {
			for d := range 3 {
				unwrite(&t.Out, 0, 1, 2, d)
			}
		}, "3 elements of out were never written, the first at [0,1,2,0]"},
		{"a logsumexp", func(t *cases.Tensors) { unwrite(t.LSE, 1, 1, 0, 0) }, "1 elements of lse were never written, the first at [1,1,0,0]"},
	} {
		for _, f := range precision.Formats() {
			_, after, truth := guarded(t, f, cases.Operand{Pad: 1})
			test.harm(after)
			expectGuard(t, test.name, Unwritten(after, truth), test.want)
		}
	}
}

// TestUnwrittenAcceptsNaN: poison is a NaN, so where one is due it proves nothing.
func TestUnwrittenAcceptsNaN(t *testing.T) {
	c := normalized(t, cases.Case{Batch: 1, Heads: 1, QLen: 4, KVLen: 4, HeadDim: 2, Input: precision.FP32,
		Values: cases.Values{Q: cases.WithNaN}})
	s, err := subject(exact{}, c)
	if err != nil {
		t.Fatal(err)
	}
	for r := range 4 {
		for d := range 2 {
			if s.Truth.OutputDemand[r*2+d] == reference.NaN {
				unwrite(&s.Tensors.Out, 0, 0, r, d)
			}
		}
	}
	expectGuard(t, "NaN rows", Unwritten(s.Tensors, s.Truth), "")
}

func unwrite(t *cases.Tensor, b, h, r, d int) {
	size := t.Format.Size()
	for i := range size {
		t.Data[t.Index(b, h, r, d)*size+i] = cases.PoisonByte
	}
}

func expectGuard(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var v *Violation
	if !errors.As(err, &v) || v.Kind != verdict.Guard || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want a guard violation with %q", name, err, want)
	}
}
