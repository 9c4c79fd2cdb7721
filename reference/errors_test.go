package reference

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestErrorsNameTheField(t *testing.T) {
	for want, change := range map[string]func(*Problem, *Arithmetic, *Options){
		"batch is -1: want 0 or more":               func(p *Problem, _ *Arithmetic, _ *Options) { p.Batch = -1 },
		"heads is -1: want":                         func(p *Problem, _ *Arithmetic, _ *Options) { p.Heads = -1 },
		"kv_heads is 3: want a divisor of heads, 4": func(p *Problem, _ *Arithmetic, _ *Options) { p.KVHeads = 3 },
		"q_len is -3":                               func(p *Problem, _ *Arithmetic, _ *Options) { p.QLen = -3 },
		"kv_len is -2":                              func(p *Problem, _ *Arithmetic, _ *Options) { p.KVLen = -2 },
		"head_dim is 0":                             func(p *Problem, _ *Arithmetic, _ *Options) { p.HeadDim = 0 },
		"scale is NaN":                              func(p *Problem, _ *Arithmetic, _ *Options) { p.Scale = nan },
		"scale is +Inf":                             func(p *Problem, _ *Arithmetic, _ *Options) { p.Scale = posInf },
		"q has 1 elements: want 72 for shape [1, 4, 3, 6]":  func(p *Problem, _ *Arithmetic, _ *Options) { p.Q = p.Q[:1] },
		"k has 61 elements: want 60":                        func(p *Problem, _ *Arithmetic, _ *Options) { p.K = append(p.K, 1) },
		"v_head_dim is -1":                                  func(p *Problem, _ *Arithmetic, _ *Options) { p.VHeadDim = -1 },
		"v has 60 elements: want 70 for shape [1, 2, 5, 7]": func(p *Problem, _ *Arithmetic, _ *Options) { p.VHeadDim = 7 },
		"v has 0 elements":                                  func(p *Problem, _ *Arithmetic, _ *Options) { p.V = nil },
		"v[2] is 1e+39: want a value that fp32":             func(p *Problem, _ *Arithmetic, _ *Options) { p.V[2] = 1e39 },
		"more elements than an int": func(p *Problem, _ *Arithmetic, _ *Options) {
			p.Batch, p.QLen = math.MaxInt/2, math.MaxInt/2
		},
		"mask returned keys [3, 2) for batch 0, head 0, row 0": func(p *Problem, _ *Arithmetic, _ *Options) { p.Mask = wrongRange{3, 2} },
		"mask returned keys [0, 6)":                            func(p *Problem, _ *Arithmetic, _ *Options) { p.Mask = wrongRange{0, 6} },
		"Acc is not set":                                       func(_ *Problem, a *Arithmetic, _ *Options) { a.Acc = Format{} },
		"Out is not set":                                       func(_ *Problem, a *Arithmetic, _ *Options) { a.Out = Format{} },
		"Probs.Unit is 2":                                      func(_ *Problem, a *Arithmetic, _ *Options) { a.Probs = Format{Unit: 2} },
		"Scores has a range":                                   func(_ *Problem, a *Arithmetic, _ *Options) { a.Scores = Format{Unit: 0.1} },
		"Exp is -1 + 0*|x| ulps":                               func(_ *Problem, a *Arithmetic, _ *Options) { a.Exp.A = -1 },
		"Exp is 4 + NaN*|x| ulps":                              func(_ *Problem, a *Arithmetic, _ *Options) { a.Exp.B = nan },
		"Block is -1 keys":                                     func(_ *Problem, a *Arithmetic, _ *Options) { a.Block = -1 },
		"Empty is EmptyRow(2)":                                 func(_ *Problem, a *Arithmetic, _ *Options) { a.Empty = 2 },
		"Workers is -1":                                        func(_ *Problem, _ *Arithmetic, o *Options) { o.Workers = -1 },
		"RowBlock is 65: want 0 to 64":                         func(_ *Problem, _ *Arithmetic, o *Options) { o.RowBlock = 65 },
	} {
		p, a, o := randomProblem(1, 1, 4, 2, 3, 5, 6, nil), inFP32, Options{}
		change(p, &a, &o)
		if r, err := Attend(ctx, p, a, o); err == nil || r != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

type wrongRange struct{ first, last int }

func (w wrongRange) Row(_, _, _ int, _ []float64) (first, last int) { return w.first, w.last }

func TestNoProblem(t *testing.T) {
	if _, err := Attend(context.Background(), nil, Arithmetic{}, Options{}); err == nil || err.Error() != "reference: problem: it is nil: want one" {
		t.Errorf("Attend: %v", err)
	}
	if _, _, err := Loops(context.Background(), nil, 0); err == nil {
		t.Error("Loops took it")
	}
}

func TestNoKeysAtAll(t *testing.T) {
	p := randomProblem(1, 1, 2, 1, 3, 0, 4, nil)
	r := attend(t, p, inFP32, Options{})
	for i, l := range r.LSE {
		if !math.IsInf(l, -1) || r.Output[4*i] != 0 || r.OutputDemand[4*i] != Value {
			t.Errorf("row %d: output %v, logsumexp %v", i, r.Output[4*i], l)
		}
	}
}

func TestCancelled(t *testing.T) {
	stopped, cancel := context.WithCancel(ctx)
	p := randomProblem(1, 1, 1, 1, 40, 10, 4, nil)
	p.Mask = cancelling{cancel}
	if _, err := Attend(stopped, p, inFP32, Options{RowBlock: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Attend: %v", err)
	}
	if _, _, err := Loops(stopped, p, EmptyZero); !errors.Is(err, context.Canceled) {
		t.Errorf("Loops: %v", err)
	}
}

// cancelling is a mask that cancels the run which asks it.
type cancelling struct{ cancel func() }

func (c cancelling) Row(_, _, _ int, bias []float64) (first, last int) {
	c.cancel()
	clear(bias)
	return 0, len(bias)
}

// TestInputsUnchanged: the problem is read and never written.
func TestInputsUnchanged(t *testing.T) {
	p := randomProblem(4, 1, 2, 1, 5, 9, 6, Causal(0))
	p.K[3], p.V[8], p.Q[1] = nan, posInf, nan
	q, k, v := append([]float64(nil), p.Q...), append([]float64(nil), p.K...), append([]float64(nil), p.V...)
	attend(t, p, inFP32, Options{})
	for name, x := range map[string][2][]float64{"q": {q, p.Q}, "k": {k, p.K}, "v": {v, p.V}} {
		for i := range x[0] {
			if math.Float64bits(x[0][i]) != math.Float64bits(x[1][i]) {
				t.Errorf("%s[%d] changed from %v to %v", name, i, x[0][i], x[1][i])
			}
		}
	}
}
