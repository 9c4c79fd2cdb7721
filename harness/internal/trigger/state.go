package trigger

import (
	"context"
	"errors"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// ErrState is of a case that fails in a new process, and passes when it is run there again: what earlier calls have left
// decides, such as a kernel that is compiled, and no field of a case. To ask on would find a condition in what happened to be
// asked for the first time.
var ErrState = errors.New("fails in a new process, and passes when it is run there again")

// stateRounds is how many new processes must show it: a race fails and passes in turn by chance now and then.
const stateRounds = 3

// FailsOnce reports whether a case fails in a new process and passes when it is run there again.
func (l *Lab) FailsOnce(ctx context.Context, c cases.Case) (bool, error) {
	if l.o.Again == nil {
		return false, nil
	}
	if kind, err := l.again(ctx, c, true); err != nil || !kind.Fails() {
		return false, err
	}
	kind, err := l.again(ctx, c, false)
	return kind == verdict.Pass, err
}

func (l *Lab) again(ctx context.Context, c cases.Case, anew bool) (verdict.Kind, error) {
	l.probes++
	kind, err := l.o.Again(ctx, c, anew)
	l.o.Log("probe %d: %s again, in a new process: %v", l.probes, kind, anew)
	return kind, err
}

// stateDecides reports whether a case that has just failed is one of ErrState. Of nearly all bugs one call shows that it is not.
func (in *inference) stateDecides(c cases.Case) (bool, error) {
	if in.o.Again == nil {
		return false, nil
	}
	if kind, err := in.again(in.ctx, c, false); err != nil || kind != verdict.Pass {
		return false, err
	}
	for range stateRounds {
		if once, err := in.FailsOnce(in.ctx, c); err != nil || !once {
			return false, err
		}
	}
	return true, nil
}
