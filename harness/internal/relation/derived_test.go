package relation

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"

	"github.com/stretchr/testify/require"
)

// What elements are held to without a truth must not be more than any truth allows, or a law would pass what it ought to
// break on.
func TestNoBoundIsBelowTheLeast(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	outputs, rows := 0, 0
	for i := range 400 {
		c := randomCase(r)
		path := exact{arithmetic: randomArithmetic(r)}
		tensors := cases.Materialize(c)
		p, a := problem(&c, tensors), path.Arithmetic(c)
		even := i%2 == 0 && c.Mask.Kind != cases.AdditiveMask && c.Alibi == "" && p.Sinks == nil
		if even { // all scores are 0, and a logsumexp is the logarithm of how many there are
			clear(p.Q)
		}
		truth, err := reference.Attend(t.Context(), p, a, reference.Options{BoundOnly: true})
		require.NoError(t, err)
		sizes := *p
		sizes.V = make([]float64, len(p.V))
		for i, v := range p.V {
			sizes.V[i] = math.Abs(v)
		}
		weighted, err := reference.Attend(t.Context(), &sizes, a, reference.Options{OutputOnly: true})
		require.NoError(t, err)
		const slack = 1 - 0x1p-40 // what float64 rounds
		for i, bound := range truth.Bound {
			if truth.OutputDemand[i]&reference.Value == 0 || p.Sinks != nil || math.IsInf(truth.LSE[i/truth.HeadDim], -1) {
				continue // with a sink sums have a term more, which zero-q and ones leave out; a row without a key is 0
			}
			least := a.LeastBound(truth.Output[i], weighted.Output[i])
			if bound < least*slack {
				t.Fatalf("element %d: bound %g, least %g\n%s", i, bound, least, describe(c, a))
			}
			outputs++
		}
		for i, bound := range truth.LSEBound {
			if truth.LSEDemand[i]&reference.Value == 0 || math.IsInf(truth.LSE[i], -1) {
				continue
			}
			sum := 1.0 // whatever it is
			if even {
				sum = math.Exp(truth.LSE[i])
			}
			if least := a.LeastLSEBound(sum); bound < least*slack {
				t.Fatalf("logsumexp %d: bound %g, least %g\n%s", i, bound, least, describe(c, a))
			}
			rows++
		}
	}
	require.Greater(t, outputs, 10_000)
	require.Greater(t, rows, 1000)
}

// astray is a path whose numbers are off by up to so many times their bounds, and more so in some runs.
type astray struct {
	edge
	times func(run int) float64
}

func (a astray) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	truth, err := reference.Attend(ctx, problem(&c, t), a.Arithmetic(c), reference.Options{})
	if err != nil {
		return paths.Timing{}, err
	}
	run := *a.runs
	*a.runs++
	off := func(want, bounds []float64, salt int) []float64 {
		got := slices.Clone(want)
		for i, b := range bounds {
			if b < math.Inf(1) {
				got[i] += a.times(run) * b * a.lean(run, i+salt)
			}
		}
		return got
	}
	store(t, off(truth.Output, truth.Bound, 0), off(truth.LSE, truth.LSEBound, 1<<30))
	return paths.Timing{}, nil
}

// Whether derived runs are held to their own bounds at once, or only where the least bound does not do, no law says otherwise
// of any path: one within its bounds, and one that is past them by little or by much.
func TestTruthsChangeNoVerdict(t *testing.T) {
	count := 300
	if testing.Short() {
		count = 80
	}
	r := rand.New(rand.NewPCG(5, 6))
	broken, held := map[string]int{}, map[string]int{}
	for range count {
		c := randomCase(r)
		runs, worst, odd := 0, 4*r.Float64(), r.IntN(3)
		times := func(run int) float64 {
			if run == odd {
				return worst
			}
			return worst / 4
		}
		s, err := subject(astray{edge{exact{arithmetic: randomArithmetic(r)}, leans(r.Uint64()), &runs}, times}, c)
		require.NoError(t, err)
		for _, l := range Applicable(c, s.Promises) {
			var said [2]string
			for i, thorough := range []bool{false, true} {
				runs, s.thorough = 1, thorough
				if err := l.Check(t.Context(), s); err != nil {
					said[i] = err.Error()
				}
			}
			if said[0] != said[1] {
				t.Errorf("law %s says %q, and with truths %q\n%s", l.Name, said[0], said[1], describe(c, s.Arithmetic))
			}
			if said[0] != "" {
				broken[l.Name]++
			} else {
				held[l.Name]++
			}
		}
	}
	for _, name := range []string{"split-v", "split-merge", "ones", "zero-q", "shift-logits", "longer-cache", "entry-alone", "softcap-far"} {
		if broken[name] < 3 || held[name] < 3 {
			t.Errorf("law %s: %d times broken and %d times held; want some of both", name, broken[name], held[name])
		}
	}
}

// A derived run as close as the base's bound asks for needs no truth of its own. One that is farther off has all its elements
// held to both bounds, and counted once.
func TestTruthsAreAskedLast(t *testing.T) {
	c := randomCase(rand.New(rand.NewPCG(1, 1)))
	s, err := subject(exact{}, c)
	require.NoError(t, err)
	a := &application{Subject: s, law: Law{Name: "test"}, ctx: t.Context()}
	off := element{want: 1, allowed: 1, demand: reference.Value}

	err = a.withinBounds("near", func(result *tally, known truths) {
		require.Nil(t, known)
		result.hold(place{}, 0, "", 1.5, off)
	}, derivedRun{}) // has no tensors: a truth of it would panic
	require.NoError(t, err)
	require.Equal(t, 1, s.Compared)

	calls := 0
	own := derivedRun{c, s.Tensors}
	compare := func(got float64) func(*tally, truths) {
		return func(result *tally, known truths) {
			calls++
			e := off
			for _, r := range known {
				require.Len(t, r.Bound, len(s.Truth.Bound))
				e.allowed += 2
			}
			result.hold(place{}, 0, "", got, e)
			result.hold(place{}, 1, "", 1, e)
		}
	}
	require.NoError(t, a.withinBounds("both", compare(5), own, own)) // 4 off, 1 + 2 + 2 allowed
	require.Equal(t, 2, calls)
	require.Equal(t, 3, s.Compared)
	var v *Violation
	require.True(t, errors.As(a.withinBounds("too far", compare(7), own, own), &v))
	require.Equal(t, 5.0, v.Allowed)
	require.Equal(t, 5, s.Compared)
}
