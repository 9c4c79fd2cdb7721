package metalpath

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal"
)

func fusedCase(t *testing.T, change func(*cases.Case)) cases.Case {
	c := calledCase(t, cases.Call{Fused: true}, cases.Mask{})
	change(&c)
	require.NoError(t, c.Normalize())
	return c
}

// TestOneBufferForQKV: cases of every way that operands lie conform where q, k and v are one buffer at three offsets, also
// where calls are made again with other contents.
func TestOneBufferForQKV(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	p := hostPath(t)
	for name, change := range map[string]func(*cases.Case){
		"plain":    func(*cases.Case) {},
		"offsets":  func(c *cases.Case) { c.Layout.Q.Offset, c.Layout.K.Offset, c.Layout.V.Offset = 3, 1, 7 },
		"strides":  func(c *cases.Case) { c.Layout.K.Strides = cases.Strides{2000, 8, 40, 1} },
		"refilled": func(c *cases.Case) { c.Call.Repeat, c.Call.Refill = 2, true },
		"pages":    func(c *cases.Case) { c.Paging = cases.Paging{Page: 16, Order: cases.ShuffledPages} },
		"integers": func(c *cases.Case) { c.Quant.K, c.Quant.V = cases.Int8, cases.Int4 },
		"fp16":     func(c *cases.Case) { c.Input = precision.FP16 },
		"no keys":  func(c *cases.Case) { c.KVLen = 0 },
		"no batch": func(c *cases.Case) { c.Batch, c.Call.Bare = 0, true },
	} {
		c := fusedCase(t, change)
		outcome, err := trial.Run(context.Background(), p, c, trial.Options{})
		require.NoError(t, err, name)
		require.Equal(t, verdict.Pass, outcome.Verdict.Kind, "%s: %s", name, outcome.Verdict.Reason)
		o, err := p.backend.Express(&wrapper{context: p.context}, c, cases.Materialize(c))
		require.NoError(t, err, name)
		if c.Outputs() > 0 && c.KVLen > 0 {
			require.True(t, o.Q.Buffer != nil && o.Q.Buffer == o.K.Buffer && o.K.Buffer == o.V.Buffer, name)
			require.True(t, o.Q.Offset < o.K.Offset && o.K.Offset < o.V.Offset, name)
			require.NotSame(t, o.Q.Buffer, o.Out.Buffer, name)
		}
	}
}

// TestWhatIsWrittenToTheOneBufferIsFound, wherever in it.
func TestWhatIsWrittenToTheOneBufferIsFound(t *testing.T) {
	p := hostPath(t)
	require.NoError(t, p.Reset(context.Background()))
	c := fusedCase(t, func(c *cases.Case) { c.HeadDim, c.KVLen, c.Batch, c.Heads, c.KVHeads, c.QLen = 3, 3, 1, 1, 1, 3 })
	tensors := cases.Materialize(c)
	w := &wrapper{context: p.context}
	defer w.close()
	_, err := p.backend.Express(w, c, tensors)
	require.NoError(t, err)
	for at, want := range map[int]string{0: "q was", 36: "memory before k", 48: "k was", 90: "memory before v", 96 + 35: "v was", 96 + 36: "memory behind v"} {
		w.fused.fill()
		require.NoError(t, w.fused.check())
		w.fused.memory[at] ^= 1
		require.ErrorContains(t, w.fused.check(), want)
		kind, ok := w.fused.check().(interface{ Verdict() verdict.Verdict })
		require.True(t, ok)
		require.Equal(t, verdict.Guard, kind.Verdict().Kind)
	}
}

// TestWhoCannotFuseRefuses: a library that has only the plain calls, and cases too large to be copied.
func TestWhoCannotFuseRefuses(t *testing.T) {
	require.False(t, (&plainLibrary{}).Knows("call.fused"))
	large := fusedCase(t, func(c *cases.Case) { c.Layout.K.Strides = cases.Strides{1 << 26, 8, 40, 1} })
	require.ErrorContains(t, descriptors{math: metal.MathSafe}.Supports(large), "call.fused: q, k and v have ")
	require.NoError(t, descriptors{}.Supports(fusedCase(t, func(*cases.Case) {})))
}
