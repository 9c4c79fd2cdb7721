package trial

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// otherContents is the first of the fresh seeds that calls before the last find in their buffers; those before it are
// for retries.
const otherContents = 100

// callsBefore makes the calls that a case asks for before the one that is judged, in the same buffers: a path that
// remembers what lay there, or that spoils a descriptor or a handle by using it, is found out. Their outputs are
// judged as well, and where they find the same contents the last call must have the same bits.
func (t *trial) callsBefore(ctx context.Context, c cases.Case, tensors *cases.Tensors) (earlier *cases.Tensors, v *verdict.Verdict, err error) {
	for i := range c.Call.Repeat {
		words := fmt.Sprintf("call %d of %d in the same buffers", i+1, c.Call.Repeat+1)
		one := c.Clone()
		if c.Call.Refill {
			one.Values.Seed = freshSeed(c.Values.Seed, otherContents+i)
			if t.refusesValues(one, words) {
				continue
			}
			one.Refill(tensors)
		}
		if v, err := t.attend(ctx, one, tensors); err != nil || v != nil {
			return nil, because(v, words), err
		}
		_, judged, err := t.judge(ctx, one, tensors)
		if err != nil || judged.Kind.Fails() {
			return nil, because(&judged, words), err
		}
		if c.Call.Refill {
			c.Refill(tensors)
			continue
		}
		earlier = tensors.Clone()
		tensors.PoisonOutputs()
	}
	return earlier, nil, nil
}

func because(v *verdict.Verdict, words string) *verdict.Verdict {
	if v != nil {
		v.Reason = words + ": " + v.Reason
	}
	return v
}

// sameAsBefore holds a call against an earlier one of the same contents.
func (t *trial) sameAsBefore(c cases.Case, earlier, tensors *cases.Tensors) *verdict.Verdict {
	if earlier == nil || !t.path.Arithmetic(c).Deterministic || !paths.PromisesOf(t.path, c).Deterministic {
		return nil
	}
	if difference := differentBits(earlier, tensors); difference != "" {
		return &verdict.Verdict{Kind: verdict.Nondeterministic, Reason: "called again in the same buffers, it gave other bits: " + difference}
	}
	return nil
}
