package trial

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// broken is the naive path with something done after it.
type broken struct {
	naive.Path
	after func(context.Context, cases.Case, *cases.Tensors) error
}

func (b broken) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	timing, err := b.Path.Attend(ctx, c, t)
	if err == nil {
		err = b.after(ctx, c, t)
	}
	return timing, err
}

func small(t testing.TB, change func(*cases.Case)) cases.Case {
	c := cases.Case{Version: 1, Batch: 2, Heads: 2, QLen: 9, KVLen: 20, HeadDim: 8, Input: precision.FP16, LSE: true}
	c.Layout.Out = cases.Operand{Order: cases.BSHD, Pad: 3, Offset: 2}
	if change != nil {
		change(&c)
	}
	require.NoError(t, c.Normalize())
	return c
}

func TestVerdicts(t *testing.T) {
	tests := []struct {
		name   string
		after  func(context.Context, cases.Case, *cases.Tensors) error
		kind   verdict.Kind
		reason string
		lost   bool
	}{
		{"right", func(context.Context, cases.Case, *cases.Tensors) error { return nil }, verdict.Pass, "", false},
		{"one element off", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			t.Out.Set(1, 0, 3, 5, t.Out.At(1, 0, 3, 5)+0.1)
			return nil
		}, verdict.Numeric, "out[1,0,3,5] is", false},
		{"logsumexp in base 2", func(_ context.Context, c cases.Case, t *cases.Tensors) error {
			for b := range c.Batch {
				for h := range c.Heads {
					for r := range c.QLen {
						t.LSE.Set(b, h, r, 0, t.LSE.At(b, h, r, 0)/math.Ln2)
					}
				}
			}
			return nil
		}, verdict.Numeric, "lse[", false},
		{"an infinity", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			t.Out.Set(0, 1, 8, 7, math.Inf(1))
			return nil
		}, verdict.Special, "out[0,1,8,7] is +Inf", false},
		{"an element left out", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			at := 2 * t.Out.Index(1, 1, 8, 7)
			cases.PoisonElement(t.Out.Data[at : at+2])
			return nil
		}, verdict.Guard, "left 1 of 288 elements of out unwritten, the first at [1,1,8,7]", false},
		{"the NaN that vector units make", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			at := 2 * t.Out.Index(1, 1, 8, 7)
			t.Out.Data[at], t.Out.Data[at+1] = 0xff, 0xff
			return nil
		}, verdict.Special, "out[1,1,8,7] is NaN", false},
		{"slack written", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			t.Out.Data[len(t.Out.Data)-1] = 0
			return nil
		}, verdict.Guard, "wrote outside out", false},
		{"bytes before the output written", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			t.Out.Data[0] = 0
			return nil
		}, verdict.Guard, "wrote outside out: element 0", false},
		{"an input changed", func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
			t.V.Data[7] ^= 1
			return nil
		}, verdict.Guard, "changed its input v", false},
		{"an error", func(context.Context, cases.Case, *cases.Tensors) error { return errors.New("device lost") },
			verdict.Error, "device lost", false},
		{"a panic", func(context.Context, cases.Case, *cases.Tensors) error { panic("index 7") },
			verdict.Crash, "panic: index 7 at ", true},
		{"no end", func(ctx context.Context, _ cases.Case, _ *cases.Tensors) error { <-ctx.Done(); return ctx.Err() },
			verdict.Hang, "no answer within 300ms", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Deadline: 300 * time.Millisecond}
			if test.kind != verdict.Hang {
				o.Deadline = time.Minute
			}
			outcome, err := Run(context.Background(), broken{after: test.after}, small(t, nil), o)
			require.NoError(t, err)
			require.Equal(t, test.kind, outcome.Verdict.Kind, outcome.Verdict.Reason)
			require.Contains(t, outcome.Verdict.Reason, test.reason)
			if test.lost {
				require.True(t, outcome.Lost)
			}
		})
	}
}

func TestPanicNamesItsLine(t *testing.T) {
	outcome, err := Run(context.Background(), broken{after: func(context.Context, cases.Case, *cases.Tensors) error {
		var nowhere []int
		nowhere[3]++
		return nil
	}}, small(t, nil), Options{})
	require.NoError(t, err)
	require.Contains(t, outcome.Verdict.Reason, "trial_test.go:")
}

func TestASilentPathIsLost(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	outcome, err := Run(context.Background(), broken{after: func(context.Context, cases.Case, *cases.Tensors) error {
		<-release
		return nil
	}}, small(t, nil), Options{Deadline: 100 * time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, verdict.Hang, outcome.Verdict.Kind)
	require.True(t, outcome.Lost)
}

func TestUnsupportedSaysWhy(t *testing.T) {
	outcome, err := Run(context.Background(), choosy{}, small(t, nil), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Unsupported, outcome.Verdict.Kind)
	require.Equal(t, "fp16: not today", outcome.Verdict.Reason)
	after := small(t, func(c *cases.Case) {
		c.Input = precision.FP32
		c.After = []cases.Case{small(t, nil)}
	})
	outcome, err = Run(context.Background(), choosy{}, after, Options{})
	require.NoError(t, err)
	require.Equal(t, "after[0]: fp16: not today", outcome.Verdict.Reason)
}

type choosy struct{ naive.Path }

func (choosy) Supports(c cases.Case) error {
	if c.Input == precision.FP16 {
		return errors.New("fp16: not today")
	}
	return nil
}

// stateful forgets to tell its cases apart once it has seen a causal one.
type stateful struct {
	naive.Path
	sawCausal bool
	resets    int
}

func (s *stateful) Reset(context.Context) error { s.sawCausal = false; s.resets++; return nil }

func (s *stateful) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	stale := s.sawCausal && c.Mask.Kind == ""
	s.sawCausal = s.sawCausal || c.Mask.Kind == cases.CausalMask
	if stale {
		c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}
	}
	return s.Path.Attend(ctx, c, t)
}

func TestPredecessorsRunFirstInAColdContext(t *testing.T) {
	alone := small(t, nil)
	after := small(t, func(c *cases.Case) {
		c.After = []cases.Case{small(t, func(c *cases.Case) { c.Mask.Kind = cases.CausalMask })}
	})
	p := &stateful{}
	outcome, err := Run(context.Background(), p, alone, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind)
	outcome, err = Run(context.Background(), p, after, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind)
	require.Equal(t, 1, p.resets)
}

// TestACallBeforeThatFailsIsTold: what ended the case can be tried by itself, with those that ran before it.
func TestACallBeforeThatFailsIsTold(t *testing.T) {
	first, second := small(t, nil), small(t, func(c *cases.Case) { c.Mask.Kind = cases.CausalMask })
	p := broken{after: func(_ context.Context, c cases.Case, _ *cases.Tensors) error {
		if c.Mask.Kind == cases.CausalMask {
			return errors.New("no causal mask today")
		}
		return nil
	}}
	outcome, err := Run(t.Context(), p, small(t, func(c *cases.Case) { c.After = []cases.Case{first, second} }), Options{})
	require.NoError(t, err)
	require.Equal(t, "after[1]: no causal mask today", outcome.Verdict.Reason)
	second.After = []cases.Case{first}
	require.Equal(t, []cases.Case{second}, outcome.Further)
}

func TestAnEndedContextIsNoVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Run(ctx, naive.New(), small(t, nil), Options{Deadline: time.Second})
	require.ErrorIs(t, err, context.Canceled)
}

// TestACopyOfSlackIsNotUnwritten: an output that holds what lies between the rows of an operand was written, with a
// wrong value; slack of the output that holds poison was written too.
func TestACopyOfSlackIsNotUnwritten(t *testing.T) {
	padded := func(c *cases.Case) { c.Layout.V = cases.Operand{Pad: 3} }
	outcome, err := Run(context.Background(), broken{after: func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
		slack := t.V.Index(0, 0, 0, 7) + 1
		at := t.Out.Index(1, 1, 8, 7)
		copy(t.Out.Data[2*at:2*at+2], t.V.Data[2*slack:])
		return nil
	}}, small(t, padded), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Special, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Contains(t, outcome.Verdict.Reason, "out[1,1,8,7] is NaN")

	outcome, err = Run(context.Background(), broken{after: func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
		cases.PoisonElement(t.Out.Data[:2])
		return nil
	}}, small(t, nil), Options{})
	require.NoError(t, err)
	require.Contains(t, outcome.Verdict.Reason, "wrote outside out: element 0")
}

// An element that may be NaN must be written all the same.
func TestUnwrittenIsSeenWhereNaNIsAccepted(t *testing.T) {
	c := small(t, func(c *cases.Case) { c.Values.Q = cases.WithNaN })
	outcome, err := Run(context.Background(), broken{after: func(_ context.Context, _ cases.Case, t *cases.Tensors) error {
		for b := range t.Out.Shape[0] {
			for h := range t.Out.Shape[1] {
				for r := range t.Out.Shape[2] {
					if math.IsNaN(t.Out.At(b, h, r, 0)) {
						at := 2 * t.Out.Index(b, h, r, 0)
						cases.PoisonElement(t.Out.Data[at : at+2])
						return nil
					}
				}
			}
		}
		return errors.New("no output is NaN")
	}}, c, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Guard, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Contains(t, outcome.Verdict.Reason, "left 1 of")
}
