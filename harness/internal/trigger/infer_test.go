package trigger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/verdict"
)

// planted is a path that fails where one of several conditions holds and the case can show it.
type planted struct {
	t     *testing.T
	when  []predicate.Predicate
	asked int
}

func plant(t *testing.T, conditions ...string) *planted {
	p := &planted{t: t}
	for _, c := range conditions {
		when, err := predicate.Compile(c)
		require.NoError(t, err)
		p.when = append(p.when, when)
	}
	return p
}

func (p *planted) truth(c cases.Case) bool {
	for _, when := range p.when {
		ok, err := when.Match(c)
		require.NoError(p.t, err)
		if ok {
			return true
		}
	}
	return false
}

func (p *planted) Ask(_ context.Context, c cases.Case) (verdict.Kind, error) {
	p.asked++
	hidden := c.Visible().End < 2 || c.Values.V == cases.Zero || c.Values.V == cases.Constant
	if p.truth(c) && !hidden {
		return verdict.Numeric, nil
	}
	return verdict.Pass, nil
}

func stream(t *testing.T, seed uint64) *gen.Stream {
	s, err := gen.NewStream(gen.Default, seed, gen.Filter{MaxWork: 2e7})
	require.NoError(t, err)
	return s
}

// lab has seen a run of n cases, whose failures it returns.
func (p *planted) lab(n int) (*Lab, []cases.Case) {
	l := New(Options{Ask: p.Ask, Fresh: stream(p.t, 7001).Case, Seed: 1, Log: p.t.Logf})
	var failures []cases.Case
	s := stream(p.t, 1)
	for i := range n {
		c, err := s.Case(i)
		require.NoError(p.t, err)
		kind, _ := p.Ask(p.t.Context(), c)
		l.Tell(c, kind)
		if kind.Fails() {
			failures = append(failures, c)
		}
	}
	return l, failures
}

func (p *planted) reduced(c cases.Case) cases.Case {
	r, err := reduce.Reduce(p.t.Context(), c, reduce.Options{MaxCalls: 300}, func(ctx context.Context, c cases.Case) (verdict.Kind, string, error) {
		k, err := p.Ask(ctx, c)
		return k, "", err
	})
	require.NoError(p.t, err)
	return r.Case
}

// agreement is precision and recall of a trigger on fresh cases.
func (p *planted) agreement(match func(*cases.Case) bool) (precision, recall float64) {
	s := stream(p.t, 4242)
	var both, matched, struck float64
	for i := range 1000 {
		c, err := s.Case(i)
		require.NoError(p.t, err)
		m, b := match(&c), p.truth(c)
		both, matched, struck = both+truth(m && b), matched+truth(m), struck+truth(b)
	}
	return both / max(1, matched), both / max(1, struck)
}

func TestTriggersOfPlantedBugs(t *testing.T) {
	for i, when := range []string{
		"q_len != kv_len",
		"kv_heads >= 2 && group >= 2",
		`mask.kind == "additive" && scale != 1`,
		"kv_len % 32 != 0 && head_dim > 64",
		`values.v in ["nan", "inf", "snan"]`,
		"batch >= 2 && lse",
		`output == "fp16" || output == "bf16"`,
		"layout.k.pad > 0",
		`"input" in before.differs`,
		"q_len != visible.end", // q_len taken for the number of keys
		"visible.first",        // the first key of every row's range dropped
		"visible.last",
	} {
		t.Run(when, func(t *testing.T) {
			if testing.Short() && i > 1 {
				t.Skip("make test runs it")
			}
			p := plant(t, when)
			l, failures := p.lab(200)
			require.NotEmpty(t, failures)
			found, _, err := l.Find(t.Context(), p.reduced(failures[0]))
			require.NoError(t, err)
			precision, recall := p.agreement(found.Matches)
			t.Logf("%s | %s | sure %s | %s; %.3f %.3f", found.Trigger, found.Summary, found.Sure, found.Confidence(), precision, recall)
			require.LessOrEqual(t, found.Probes, DefaultProbes+5)
			require.Greater(t, min(precision, recall), 0.9)
		})
	}
}

// TestManyOtherFailures plants bugs that leave hardly a case right. What is found from the failure of one of them must
// not be a condition for all.
func TestManyOtherFailures(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	p := plant(t, "kv_heads >= 2 && group >= 2", "q_len != kv_len", "lse", "batch >= 2", `input != "fp32"`)
	l, failures := p.lab(64)
	require.Greater(t, len(failures), 50)
	var c cases.Case // the grouped heads alone
	require.NoError(t, func() (err error) {
		c, err = cases.Decode([]byte(`{"version":1,"batch":1,"heads":4,"kv_heads":2,"q_len":2,"kv_len":2,"head_dim":1,"input":"fp32"}`))
		return err
	}())
	found, _, err := l.Find(t.Context(), c)
	require.NoError(t, err)
	alone := plant(t, "kv_heads >= 2 && group >= 2")
	precision, _ := p.agreement(found.Matches)
	_, recall := alone.agreement(found.Matches)
	t.Logf("%s; %s; %.3f %.3f", found.Trigger, found.Confidence(), precision, recall)
	require.True(t, found.Explained())
	require.Contains(t, found.Trigger.String(), "group >= 2")
}

// TestAPathThatRefusesMost has a path that takes no more than the functions of the ABI without descriptors do. What it
// refuses must not use up the probes; the smallest case, of two keys, must grow although with one key fewer it passes; and
// NaN in v, which only the kind of verdict needed, must not make every pass count as one that hides the error.
func TestAPathThatRefusesMost(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	p := plant(t, "causal && lse && visible.hides")
	ask := func(_ context.Context, c cases.Case) (verdict.Kind, error) {
		if c.Group() > 1 || c.Mask.IsWindow() || c.Mask.IsArray() && c.LSE || c.Mask.Align == cases.BottomRight && c.QLen != c.KVLen ||
			c.KVOffset > 0 || c.Softcap > 0 || c.Alibi != "" || c.Sinks != "" || c.Ragged() || c.Paging.Page > 0 {
			return verdict.Unsupported, nil
		}
		if p.truth(c) {
			return verdict.Numeric, nil
		}
		return verdict.Pass, nil
	}
	l := New(Options{Ask: ask, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":2,"head_dim":1,"input":"fp32","lse":true,
		"mask":{"kind":"causal","align":"top-left"},"values":{"v":"nan"}}`))
	require.NoError(t, err)
	found, _, err := l.Find(t.Context(), c)
	require.NoError(t, err)
	require.GreaterOrEqual(t, found.Base.KVLen, 33, "the base did not grow: %s", cases.Describe(found.Base))
	require.NotEqual(t, cases.WithNaN, found.Base.Values.V)
	require.Less(t, found.Probes, DefaultProbes, "refusals used them up")
	require.Contains(t, found.Trigger.String(), "lse")
	precision, recall := p.agreement(func(c *cases.Case) bool {
		kind, err := ask(t.Context(), *c)
		require.NoError(t, err)
		if kind == verdict.Unsupported {
			return p.truth(*c)
		}
		return found.Matches(c)
	})
	t.Logf("%s; %s; %.3f %.3f", found.Trigger, found.Confidence(), precision, recall)
	require.Greater(t, min(precision, recall), 0.9)
}

// TestWhereAnOperandLies has a bug that strikes operands which do not begin on a page. Half of all cases end at one
// instead, so that it depends on the bytes of every operand and on the case's name. No condition over a few fields
// expresses that, and none must be made up.
func TestWhereAnOperandLies(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	ask := func(_ context.Context, c cases.Case) (verdict.Kind, error) {
		rows := c.Batch * c.Heads * c.HeadDim * c.Input.Size()
		atEnd := cases.Name(c)[0]%2 == 0
		if atEnd && (rows*c.QLen%4096 != 0 || rows*c.KVLen%4096 != 0) {
			return verdict.Numeric, nil
		}
		return verdict.Pass, nil
	}
	l := New(Options{Ask: ask, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
	for q := range 8 {
		c, err := cases.Decode(fmt.Appendf(nil, `{"version":1,"batch":1,"heads":1,"q_len":%d,"kv_len":1,"head_dim":1,"input":"fp32"}`, q+1))
		require.NoError(t, err)
		found, _, err := l.Find(t.Context(), c)
		if errors.Is(err, ErrPasses) {
			continue
		}
		require.NoError(t, err)
		t.Logf("%s; %s; %s", found.Trigger, found.Confidence(), found.Note)
		require.False(t, found.Explained(), "made up: %s", found.Trigger)
		return
	}
	t.Fatal("no case fails")
}
