package relation

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// exact is the reference as a path: its float64 result, rounded once to the output's format.
type exact struct {
	arithmetic reference.Arithmetic // In and Out follow the case
	loops      bool                 // the second reference instead of the first
}

func (exact) Name() string              { return "exact" }
func (exact) Supports(cases.Case) error { return nil }

func (e exact) Arithmetic(c cases.Case) reference.Arithmetic {
	a := e.arithmetic
	if a.Acc == (reference.Format{}) {
		a.Acc, a.Exp = reference.FP32, reference.ExpError{A: 4}
	}
	a.In, a.Out = paths.FormatOf(c.Input), paths.FormatOf(c.Output)
	return a
}

func (e exact) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	out, lse, err := e.attend(ctx, c, t)
	if err != nil {
		return paths.Timing{}, err
	}
	store(t, out, lse)
	return paths.Timing{}, nil
}

func (exact) Knows(string) bool { return true }

func (e exact) attend(ctx context.Context, c cases.Case, t *cases.Tensors) (out, lse []float64, err error) {
	if e.loops {
		return reference.Loops(ctx, problem(&c, t), e.Arithmetic(c).Empty)
	}
	r, err := reference.Attend(ctx, problem(&c, t), e.Arithmetic(c), reference.Options{OutputOnly: true})
	if err != nil {
		return nil, nil, err
	}
	return r.Output, r.LSE, nil
}

func problem(c *cases.Case, t *cases.Tensors) *reference.Problem {
	p := &reference.Problem{Batch: c.Batch, Heads: c.Heads, KVHeads: c.KVHeads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim,
		Scale: float64(c.EffectiveScale()), Softcap: float64(c.Softcap), Q: t.Q.Dense(), K: t.K.Dense(), V: t.V.Dense()}
	if rows := c.Rows(t); rows != nil {
		p.Mask = rows
	}
	if t.Sinks != nil {
		p.Sinks = t.Sinks.Dense()
	}
	return p
}

func store(t *cases.Tensors, out, lse []float64) {
	i := 0
	visit(&t.Out, func(_, _, _, _, index int) { t.Out.Format.Put(t.Out.Data, index, out[i]); i++ })
	if t.LSE != nil {
		for i, x := range lse {
			t.LSE.Format.Put(t.LSE.Data, i, x)
		}
	}
}

// subject runs the base.
func subject(path paths.Path, c cases.Case) (*Subject, error) {
	ctx := context.Background()
	t := cases.Materialize(c)
	a := path.Arithmetic(c)
	truth, err := reference.Attend(ctx, problem(&c, t), a, reference.Options{})
	if err != nil {
		return nil, err
	}
	if _, err := path.Attend(ctx, c, t); err != nil {
		return nil, err
	}
	return &Subject{Path: path, Promises: paths.PromisesOf(path, c), Case: c, Tensors: t, Arithmetic: a, Truth: truth}, nil
}

func normalized(t testing.TB, c cases.Case) cases.Case {
	t.Helper()
	c.Version = cases.Version
	if err := c.Normalize(); err != nil {
		t.Fatal(err)
	}
	return c
}

func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// randomCase draws small cases of every kind, with the edges that laws must know about more often than elsewhere.
func randomCase(r *rand.Rand) cases.Case {
	for {
		group := oneOf(r, 1, 1, 2, 3)
		kvHeads := 1 + r.IntN(2)
		c := cases.Case{
			Version: cases.Version, Batch: 1 + r.IntN(2), Heads: kvHeads * group, KVHeads: kvHeads,
			QLen: oneOf(r, 1, 2, 7, 33), KVLen: oneOf(r, 1, 2, 9, 32, 65), HeadDim: oneOf(r, 1, 3, 8, 32),
			Input: oneOf(r, precision.Formats()...), LSE: r.IntN(2) == 0,
		}
		if r.IntN(3) == 0 {
			c.Output = oneOf(r, precision.Formats()...)
		}
		if r.IntN(3) == 0 {
			c = c.WithScale(oneOf[float32](r, 0, 1, -0.5, 3))
		}
		if r.IntN(5) == 0 {
			c.Softcap = oneOf[float32](r, 0.5, 2, 30)
		}
		c.Mask = randomMask(r, &c)
		switch r.IntN(8) {
		case 0:
			c.Lengths.Packed = 1 + r.IntN(4)
		case 1:
			c.Lengths = cases.Lengths{Q: oneOf(r, "", cases.RandomLengths), KV: oneOf(r, cases.RandomLengths, cases.EmptyLengths),
				Side: oneOf(r, "", cases.UpToLast)}
		}
		c.Sinks = oneOf(r, "", "", "", cases.SinksAmong, cases.SinksAbove, cases.SinksBelow, cases.SinksSome)
		c.Alibi = oneOf(r, "", "", "", "", cases.StandardSlopes, cases.RandomSlopes, cases.SteepSlopes)
		if (c.Mask.Align == cases.TopLeft || c.Alibi != "" && c.Mask.Align == "") && r.IntN(2) == 0 {
			c.KVOffset = r.IntN(c.KVLen + 2)
		}
		regimes := append(cases.Regimes(), cases.Normal, cases.Normal, cases.Normal, cases.Uniform)
		c.Values = cases.Values{Seed: r.Uint64(), Q: oneOf(r, regimes...), K: oneOf(r, regimes...), V: oneOf(r, regimes...),
			Masked: oneOf(r, "", cases.MaskedNaN, cases.MaskedInf, cases.MaskedHuge)}
		for _, o := range []*cases.Operand{&c.Layout.Q, &c.Layout.K, &c.Layout.V, &c.Layout.Out} {
			*o = oneOf(r, cases.Operand{}, cases.Operand{Order: cases.BSHD, Pad: 2}, cases.Operand{Transpose: true, Offset: 3})
		}
		if r.IntN(3) == 0 {
			giveStrides(diceV2{r}, &c)
		}
		if c.Normalize() == nil {
			return c
		}
	}
}

// giveStrides lays some operands, and a mask, by strides of their own, with a stride of 0 among them.
func giveStrides(d diceV2, c *cases.Case) {
	for _, f := range cases.Fields() {
		if f.Impose != nil && d.IntN(2) == 0 && f.AppliesTo(c) {
			f.Impose(d, c)
		}
	}
}

// diceV2 are the random numbers of math/rand/v2.
type diceV2 struct{ *rand.Rand }

func (d diceV2) Intn(n int) int { return d.IntN(n) }

func randomMask(r *rand.Rand, c *cases.Case) cases.Mask {
	align := oneOf(r, cases.TopLeft, cases.BottomRight)
	array := cases.Mask{Shape: oneOf(r, "bhqk", "11qk", "b1qk", "b11k", "1h1k", "bhq1"), Fill: oneOf(r, cases.RandomFill, cases.PaddingFill, cases.OpenFill),
		Pad: r.IntN(3), Offset: r.IntN(2)}
	if r.IntN(3) == 0 {
		array.Align = align
	}
	if r.IntN(3) == 0 {
		array.EmptyRows = 1 + r.IntN(4)
	}
	if r.IntN(3) == 0 {
		array.EmptyLead = r.IntN(c.KVLen + 1)
	}
	switch r.IntN(6) {
	case 0:
		return cases.Mask{}
	case 1:
		return cases.Mask{Kind: cases.CausalMask, Align: align}
	case 2:
		return cases.Mask{Kind: cases.WindowMask, Align: align, Left: r.IntN(6) - 1, Right: r.IntN(6) - 1}
	case 3:
		array.Kind = cases.BoolMask
	default:
		array.Kind, array.Format, array.PlusInf = cases.AdditiveMask, oneOf(r, precision.Formats()...), r.IntN(6) == 0
		if r.IntN(4) == 0 {
			array.Fill, array.Shape = cases.AlibiFill, "bhqk"
		}
	}
	return array
}

// randomArithmetic draws what an implementation may declare.
func randomArithmetic(r *rand.Rand) reference.Arithmetic {
	a := reference.Arithmetic{Acc: oneOf(r, reference.FP32, reference.FP32, reference.FP16, reference.BF16), Exp: oneOf(r, reference.ExpError{A: 4}, reference.ExpError{A: 3, B: 2}),
		Block: oneOf(r, 0, 1, 16, 64), NormalizedProbs: r.IntN(2) == 0, FlushSubnormals: r.IntN(2) == 0, Empty: oneOf(r, reference.EmptyZero, reference.EmptyNaN)}
	if r.IntN(3) == 0 {
		a.Scores = oneOf(r, reference.FP16, reference.BF16)
	}
	if r.IntN(3) == 0 {
		a.Probs = oneOf(r, reference.FP16, reference.BF16)
		a.ProbsInSum = r.IntN(3) == 0
	}
	if r.IntN(4) == 0 {
		a.SplitKV, a.RecomputedWeights = r.IntN(5), r.IntN(2) == 0
	}
	return a
}

func describe(c cases.Case, a reference.Arithmetic) string {
	return fmt.Sprintf("%s\n%s\n%+v", cases.Describe(c), cases.Canonical(c), a)
}

func finite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }
