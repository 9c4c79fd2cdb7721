package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

func (t *draft) drawFormats(d dice, r *recipe) {
	t.Input = weigh(d, among(r.inputs, t.filter.Precision))
	t.Output = t.Input
	if d.chance(r.mixed) {
		t.Output = pick(d, precision.FP32, precision.FP32, precision.FP16, precision.BF16)
	}
	if len(t.filter.Output) > 0 {
		t.Output = weigh(d, among([]choice[precision.Format]{{1, t.Output}}, t.filter.Output))
	}
}

var commonInputs = []choice[precision.Format]{{36, precision.FP16}, {34, precision.FP32}, {30, precision.BF16}}

func (t *draft) drawLayout(d dice, r *recipe) {
	t.Layout = cases.Layout{}
	switch {
	case !d.chance(r.strided):
	case d.chance(25): // the layout of most frameworks, on all four
		o := cases.Operand{Order: cases.BSHD}
		t.Layout = cases.Layout{Q: o, K: o, V: o, Out: o}
	default:
		for _, o := range t.operands() {
			*o = anyOperand(d)
		}
	}
}

func (t *draft) operands() []*cases.Operand {
	return []*cases.Operand{&t.Layout.Q, &t.Layout.K, &t.Layout.V, &t.Layout.Out}
}

func anyOperand(d dice) (o cases.Operand) {
	switch {
	case d.chance(40):
		o.Order = cases.BSHD
	case d.chance(14):
		o.Transpose = true
	}
	if d.chance(45) {
		o.Pad = pick(d, 1, 2, 3, 4, 5, 8, 13, 16, 64)
	}
	if d.chance(25) {
		o.Offset = anyOffset(d)
	}
	return o
}

func anyOffset(d dice) int { return pick(d, 1, 2, 3, 5, 7, 8, 16, 33, 64) }

func (t *draft) drawValues(d dice, r *recipe) {
	t.Values = cases.Values{Seed: uint64(d.between(1, 1<<20))}
	t.Values.Q, t.Values.K, t.Values.V = cases.Normal, cases.Normal, cases.Normal
	if d.chance(r.unusual) {
		t.Values.Q, t.Values.K = weigh(d, regimes), weigh(d, regimes)
		t.Values.V = weigh(d, regimes)
	}
	if d.chance(35) {
		t.Values.Masked = pick(d, cases.MaskedNaN, cases.MaskedNaN, cases.MaskedHuge, cases.MaskedInf, cases.MaskedSNaN)
	}
}

// regimes leaves NaN and Inf to scenarios of their own: where one is allowed it hides everything else.
var regimes = []choice[cases.Regime]{
	{34, cases.Normal}, {12, cases.Uniform}, {4, cases.Constant}, {5, cases.OneHot}, {3, cases.Zero},
	{15, cases.Outliers}, {10, cases.Sinks}, {3, cases.Overflow}, {4, cases.Subnormal}, {5, cases.Huge}, {3, cases.Positive},
	{3, cases.Negative},
}

// loud regimes give logits of hundreds and more.
func loud(r cases.Regime) bool { return r == cases.Huge || r == cases.Overflow || r == cases.Outliers }

// drawScale keeps the logits of loud values where they are: they are large enough to overflow what may overflow, and
// larger ones could not be judged in any precision.
func (t *draft) drawScale(d dice, r *recipe) {
	t.Scale = nil
	if !d.chance(r.scaled) {
		return
	}
	s := cases.DefaultScale(t.HeadDim)
	quiet := !loud(t.Values.Q) && !loud(t.Values.K)
	switch n := d.Intn(100); {
	case n < 12:
		s = 0
	case n < 36:
		s = -s
	case n < 50:
		s *= pick[float32](d, 1.0/64, 1.0/1024, 1.0/(1<<20))
	case n < 70 && quiet:
		s *= pick[float32](d, 2, 4, 8)
	case n < 80 && quiet:
		s = 1
	default:
		s *= 0.25 + float32(d.Intn(64))/64
	}
	t.Scale = &s
}

// drawIntermediate asks for accumulators in a narrow format where that is wanted, but with few keys and calm values
// only: a bound for others is soon too wide to show anything.
func (t *draft) drawIntermediate(wanted bool) {
	calm := !loud(t.Values.Q) && !loud(t.Values.K) && t.KVLen <= 128 && t.HeadDim <= 128 && t.Scale == nil
	t.Intermediate = 0
	if wanted && calm && t.Input != precision.FP32 {
		t.Intermediate = t.Input
	}
}
