package oracle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// The reference knows no pages, no integers, no strides and no lengths: Problem makes one plain problem of all of them. Here
// such cases are held against plain problems that are made by hand, from the bytes in memory: bit for bit where both come to
// the same arithmetic, and within float64's rounding where rows and keys are others.

// drawn is a case to which a law adds what it is about.
type drawn struct {
	Batch, KVHeads, Group, QLen, KVLen, Dim, VDim int

	Mask, Left, Right, KVOffset int
	Input                       precision.Format
	Sinks, Alibi, Softcap       bool
	Choice                      int // of what the law adds
	Seed                        int
}

func drawnCases() gopter.Gen {
	return gen.Struct(reflect.TypeFor[drawn](), map[string]gopter.Gen{
		"Batch": gen.IntRange(1, 3), "KVHeads": gen.IntRange(1, 2), "Group": gen.IntRange(1, 2),
		"QLen": gen.OneGenOf(gen.IntRange(1, 9), gen.Const(33)), "KVLen": gen.OneGenOf(gen.IntRange(0, 20), gen.IntRange(60, 70)),
		"Dim": gen.OneConstOf(1, 3, 8, 32, 64), "VDim": gen.OneConstOf(0, 5, 32),
		"Mask": gen.IntRange(0, 4), "Left": gen.IntRange(-1, 20), "Right": gen.IntRange(-1, 5), "KVOffset": gen.IntRange(0, 40),
		"Input": gen.OneConstOf(precision.FP16, precision.BF16, precision.FP32),
		"Sinks": gen.Bool(), "Alibi": gen.Bool(), "Softcap": gen.Bool(), "Choice": gen.IntRange(0, 1<<20), "Seed": gen.IntRange(0, 1<<20),
	})
}

// at is the window of rows whose first stands at a key.
func (d drawn) at(place int) reference.Mask {
	switch d.Mask {
	case 1, 2:
		return reference.Causal(place)
	case 3:
		return reference.Window{Offset: place, Left: d.Left, Right: d.Right}
	}
	return reference.Window{Offset: place, Left: -1, Right: -1}
}

// positioned reports whether kv_offset says where rows stand.
func (d drawn) positioned() bool { return d.Mask != 2 && (d.Mask == 1 || d.Mask == 3 || d.Alibi) }

func (d drawn) base() cases.Case {
	c := cases.Case{Version: cases.Version, Batch: d.Batch, Heads: d.KVHeads * d.Group, KVHeads: d.KVHeads, QLen: d.QLen, KVLen: d.KVLen,
		HeadDim: d.Dim, VHeadDim: d.VDim, Input: d.Input, LSE: true}
	c.Values.Seed = uint64(d.Seed)
	switch d.Mask {
	case 1:
		c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}
	case 2:
		c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}
	case 3:
		c.Mask = cases.Mask{Kind: cases.WindowMask, Align: cases.TopLeft, Left: d.Left, Right: d.Right}
	case 4:
		c.Mask = cases.Mask{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: []string{"bhqk", "11qk", "b11k", "1h1k"}[d.Seed%4]}
	}
	if d.Sinks {
		c.Sinks = cases.SinksSome
	}
	if d.Alibi {
		c.Alibi = cases.RandomSlopes
	}
	if d.Softcap {
		c.Softcap = 2
	}
	if d.positioned() {
		c.KVOffset = d.KVOffset
	}
	return c
}

// made is a case with its tensors and the problem that the reference gets.
type made struct {
	cases.Case
	*cases.Tensors
	*reference.Problem
}

func materialize(c cases.Case) (made, error) {
	if err := c.Normalize(); err != nil {
		return made{}, fmt.Errorf("%w: %s", err, cases.Describe(c))
	}
	t := cases.Materialize(c)
	return made{c, t, Problem(c, t)}, nil
}

// answer is what the reference makes of a problem.
func answer(p *reference.Problem) (*reference.Result, error) {
	return reference.Attend(context.Background(), p, reference.Arithmetic{}, reference.Options{OutputOnly: true})
}

// equal compares numbers bit for bit.
func equal(what string, got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, x := range want {
		if math.Float64bits(got[i]) != math.Float64bits(x) {
			return fmt.Errorf("%s: number %d is %v, want %v", what, i, got[i], x)
		}
	}
	return nil
}

// near compares within float64's rounding: scores are below 100 here and sums have at most 70 terms, so that errors of 2^-52
// of each stay below 1e-11.
func near(what string, got, want []float64) error {
	for i, x := range want {
		if got[i] != x && !(math.Abs(got[i]-x) <= 1e-11*(1+math.Abs(x))) {
			return fmt.Errorf("%s: number %d is %v, want %v", what, i, got[i], x)
		}
	}
	return nil
}

// sameAnswers compares two problems, and what the reference makes of them, bit for bit.
func sameAnswers(got, want *reference.Problem) error {
	if err := errors.Join(equal("q", got.Q, want.Q), equal("k", got.K, want.K), equal("v", got.V, want.V)); err != nil {
		return err
	}
	a, err := answer(got)
	if err != nil {
		return err
	}
	b, err := answer(want)
	if err != nil {
		return err
	}
	return errors.Join(equal("output", a.Output, b.Output), equal("logsumexp", a.LSE, b.LSE))
}

// TestRestated holds cases against plain problems.
func TestRestated(t *testing.T) {
	parameters := gopter.DefaultTestParametersWithSeed(13)
	parameters.MinSuccessfulTests = 60
	properties := gopter.NewProperties(parameters)
	for _, c := range []struct {
		name string
		law  func(drawn) error
	}{
		{"strides change nothing", stridesChangeNothing},
		{"paged equals contiguous", pagedEqualsContiguous},
		{"quantised equals dequantised", quantisedEqualsDequantised},
		{"a ragged batch equals its entries one by one", raggedEqualsEntries},
		{"chunks of a prompt equal one pass", chunksEqualOnePass},
		{"a slope is a dense bias, and one of 0 none", slopeIsBias},
	} {
		// A string is a failure that gopter shrinks; an error it would not.
		properties.Property(c.name, prop.ForAll(func(d drawn) string {
			if err := c.law(d); err != nil {
				return err.Error()
			}
			return ""
		}, drawnCases()))
	}
	properties.TestingRun(t)
}
