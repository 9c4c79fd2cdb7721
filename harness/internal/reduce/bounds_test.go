package reduce_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/verdict"
)

func large() cases.Case {
	c := smallest(8, 200, 300, 64)
	c.Batch = 3
	c.Values.Seed = 12345
	return c
}

func always(context.Context, cases.Case) (verdict.Kind, string, error) {
	return verdict.Numeric, "", nil
}

func TestKeepsKindAndLaw(t *testing.T) {
	// Small cases crash, middling ones break another law: neither is the failure that is being reduced.
	fails := func(_ context.Context, c cases.Case) (verdict.Kind, string, error) {
		switch {
		case c.KVLen < 10:
			return verdict.Crash, "", nil
		case c.KVLen < 20:
			return verdict.Relation, "linear in v", nil
		case c.KVLen < 30:
			return verdict.Numeric, "", nil
		}
		return verdict.Relation, "key order", nil
	}
	result, err := reduce.Reduce(t.Context(), large(), reduce.Options{}, fails)
	if err != nil || result.Kind != verdict.Relation || result.Law != "key order" || result.Case.KVLen != 30 {
		t.Errorf("%s %q, %s, %v; want a relation, key order, at kv_len 30", result.Kind, result.Law, cases.Describe(result.Case), err)
	}
}

func TestRefusesWhatPasses(t *testing.T) {
	for _, kind := range []verdict.Kind{verdict.Pass, verdict.Inconclusive, verdict.Unsupported} {
		_, err := reduce.Reduce(t.Context(), large(), reduce.Options{},
			func(context.Context, cases.Case) (verdict.Kind, string, error) { return kind, "", nil })
		if !errors.Is(err, reduce.ErrPasses) || !strings.Contains(err.Error(), string(kind)) {
			t.Errorf("%s: %v; want ErrPasses", kind, err)
		}
	}
	if _, err := reduce.Reduce(t.Context(), cases.Case{}, reduce.Options{}, always); err == nil {
		t.Error("an impossible case was accepted")
	}
}

func TestSaveAndLogEachStep(t *testing.T) {
	var saved []cases.Case
	var lines []string
	last := large()
	if err := last.Normalize(); err != nil {
		t.Fatal(err)
	}
	options := reduce.Options{
		Save: func(c cases.Case) {
			if !reduce.Less(c, last) {
				t.Errorf("saved %s after %s", cases.Describe(c), cases.Describe(last))
			}
			last = c
			saved = append(saved, c)
		},
		Log: func(line string) { lines = append(lines, line) },
	}
	fails, _ := numericWhere(t, func(c *cases.Case) bool { return c.KVLen >= 17 })
	result, err := reduce.Reduce(t.Context(), large(), options, fails)
	if err != nil {
		t.Fatal(err)
	}
	if len(saved) != result.Steps || len(lines) != result.Steps || result.Steps < 5 {
		t.Errorf("%d saved, %d lines, %d steps", len(saved), len(lines), result.Steps)
	}
	if cases.Name(last) != cases.Name(result.Case) || !strings.Contains(lines[len(lines)-1], cases.Describe(result.Case)) {
		t.Errorf("the last saved is %s, the result %s", cases.Describe(last), cases.Describe(result.Case))
	}
}

func TestStopsAtMaxCalls(t *testing.T) {
	for _, most := range []int{1, 2, 7, 20} {
		fails, calls := numericWhere(t, func(c *cases.Case) bool { return c.KVLen >= 33 && c.QLen%3 == 2 })
		result, err := reduce.Reduce(t.Context(), large(), reduce.Options{MaxCalls: most}, fails)
		if err != nil || *calls != most || result.Calls != most || result.Complete {
			t.Errorf("%d calls, says %d, complete %v, %v; want %d and incomplete", *calls, result.Calls, result.Complete, err, most)
		}
		if result.Case.KVLen < 33 || result.Case.QLen%3 != 2 {
			t.Errorf("%s does not fail", cases.Describe(result.Case))
		}
	}
}

// TestDeadlineGivesBestSoFar also distrusts the verdict of a call that the deadline cut short.
func TestDeadlineGivesBestSoFar(t *testing.T) {
	best := large()
	fails := func(ctx context.Context, c cases.Case) (verdict.Kind, string, error) {
		if c.KVLen < 100 {
			<-ctx.Done()
			return verdict.Numeric, "", nil // what a hang looks like from outside
		}
		best = c
		return verdict.Numeric, "", nil
	}
	options := reduce.Options{Deadline: time.Now().Add(300 * time.Millisecond)}
	result, err := reduce.Reduce(t.Context(), large(), options, fails)
	if err != nil || result.Complete || cases.Name(result.Case) != cases.Name(best) {
		t.Errorf("%s, complete %v, %v; want %s", cases.Describe(result.Case), result.Complete, err, cases.Describe(best))
	}
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	result, err := reduce.Reduce(ctx, large(), reduce.Options{}, func(context.Context, cases.Case) (verdict.Kind, string, error) {
		if calls++; calls == 4 {
			cancel()
		}
		return verdict.Numeric, "", nil
	})
	if err != nil || calls != 4 || result.Complete || result.Case.QLen == 0 {
		t.Errorf("%d calls, %+v, %v", calls, result, err)
	}
	cancel()
	if result, err := reduce.Reduce(ctx, large(), reduce.Options{}, always); err != nil || result.Complete || result.Steps != 0 {
		t.Errorf("from an ended context: %+v, %v", result, err)
	}
}

func TestErrorEndsWithBestSoFar(t *testing.T) {
	broken := errors.New("worker binary gone")
	calls := 0
	result, err := reduce.Reduce(t.Context(), large(), reduce.Options{}, func(context.Context, cases.Case) (verdict.Kind, string, error) {
		if calls++; calls > 5 {
			return "", "", broken
		}
		return verdict.Numeric, "", nil
	})
	if !errors.Is(err, broken) || calls != 6 || result.Steps == 0 || result.Complete {
		t.Errorf("%d calls, %+v, %v", calls, result, err)
	}
}

func TestLeavesTheStartAlone(t *testing.T) {
	start := large().WithScale(0.5)
	start.After = []cases.Case{large()}
	before := string(cases.Canonical(start))
	if _, err := reduce.Reduce(t.Context(), start, reduce.Options{}, always); err != nil {
		t.Fatal(err)
	}
	if after := string(cases.Canonical(start)); after != before {
		t.Errorf("the start became %s", after)
	}
}
