package trigger

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

func conjunctionOf(t *testing.T, texts ...string) (p conjunction) {
	for _, text := range texts {
		i := slices.IndexFunc(atoms(), func(a atom) bool { return a.text == text })
		require.GreaterOrEqual(t, i, 0, "no atom %s", text)
		p.atoms = append(p.atoms, atoms()[i])
	}
	return p
}

func caseOf(t *testing.T, text string) cases.Case {
	c, err := cases.Decode([]byte(text))
	require.NoError(t, err)
	return c
}

// TestAFindingThatAnotherExplains has a finding of one shape of mask, and later one of all such shapes, which would have
// kept the first from being looked for. One that matches a passing neighbour of the first, too, is no explanation of it.
func TestAFindingThatAnotherExplains(t *testing.T) {
	one := caseOf(t, `{"version":1,"batch":1,"heads":1,"q_len":2,"kv_len":4,"head_dim":1,"input":"fp32","mask":{"kind":"additive","format":"fp32","shape":"111k","fill":"random","density":90}}`)
	passes := caseOf(t, `{"version":1,"batch":1,"heads":1,"q_len":2,"kv_len":4,"head_dim":1,"input":"fp32","mask":{"kind":"additive","format":"fp32","shape":"11qk","fill":"random","density":90}}`)
	other := caseOf(t, `{"version":1,"batch":1,"heads":2,"q_len":2,"kv_len":4,"head_dim":1,"input":"fp32","mask":{"kind":"bool","shape":"1h1k","fill":"random","density":90}}`)
	for _, test := range []struct {
		later string
		part  bool
	}{
		{`not (mask.shape contains "q")`, true},
		{`mask.kind in ["bool", "additive"]`, false},
	} {
		l := New(Options{})
		add := func(c cases.Case, p conjunction) *Finding {
			s := l.sample(c)
			in := &inference{Lab: l, first: s, base: s, firsts: []*sample{s}, near: map[*sample]float64{}}
			f := &Finding{in: in, wide: p}
			in.finding = f
			l.findings = append(l.findings, f)
			return f
		}
		part := add(one, conjunctionOf(t, "q_len >= 2", `mask.shape == "111k"`))
		part.in.near[l.sample(passes)] = nearPass
		l.Tell(passes, verdict.Pass)
		whole := add(other, conjunctionOf(t, "q_len >= 2", test.later))
		l.fold()
		if test.part {
			require.Equal(t, []*Finding{whole}, l.Findings())
			require.Same(t, whole, part.Whole())
			continue
		}
		require.Equal(t, []*Finding{part, whole}, l.Findings())
		require.Same(t, part, part.Whole())
	}
}
