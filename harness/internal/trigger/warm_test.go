package trigger

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
)

// TestProbesUseKernelsThatAreThere: to compile a kernel takes a hundred times as long as to run a case. Where generated
// cases tell the same, those are asked about whose kernel the run or a probe has needed.
func TestProbesUseKernelsThatAreThere(t *testing.T) {
	for _, bug := range []struct {
		condition string
		most      int // kernels that the run has not needed; 20 and more of each were, when cases were taken as they came
	}{{"lse", 17}, {"batch >= 2", 17}, {"q_len >= 9", 17}} {
		p := plant(t, bug.condition)
		l, failures := p.lab(53)
		reduced := p.reduced(failures[0])
		needed := map[predicate.Kernel]bool{}
		for i, s := 0, stream(t, 1); i < 53; i++ {
			c, err := s.Case(i)
			require.NoError(t, err)
			needed[predicate.KernelOf(&c)] = true
		}
		fresh := 0
		l.o.Ask = func(ctx context.Context, c cases.Case) (verdict.Kind, error) {
			if k := predicate.KernelOf(&c); !needed[k] {
				needed[k] = true
				fresh++
			}
			return p.Ask(ctx, c)
		}
		found, _, err := l.Find(t.Context(), reduced)
		require.NoError(t, err)
		t.Log(bug.condition, "|", found.Trigger, found.Probes, "probes,", fresh, "kernels")
		require.Equal(t, bug.condition, found.Trigger.String())
		require.Equal(t, fresh, l.Kernels())
		require.LessOrEqual(t, fresh, bug.most, bug.condition)
	}
}
