package paths

import "attest.example/attest/harness/internal/cases"

// Caller is a path with handles and descriptors, which can make a call as a case's Call asks.
type Caller interface {
	// MakesCalls is nil, or why the path cannot make such a call.
	MakesCalls(cases.Call) error
}

// Knower is a path that knows what came after the first version of the case format: a field by its name, "softcap", and a
// later value of an old field by both, "q_len=0". A path that is no Knower is never asked for a case that sets one.
type Knower interface{ Knows(what string) bool }

// Supports asks a path for a case, the fields that it must know and the way of calling it included. A call that is made
// again is made by whoever tries the case; all else needs a Caller.
func Supports(p Path, c cases.Case) error {
	knower, _ := p.(Knower)
	if why := c.Unknown(func(what string) bool { return knower != nil && knower.Knows(what) }); why != "" {
		return Unsupported("%s", why)
	}
	if err := p.Supports(c); err != nil {
		return err
	}
	if caller, ok := p.(Caller); ok {
		return caller.MakesCalls(c.Call)
	}
	switch {
	case c.Call.Dispatches > 0:
		return Unsupported("call.dispatches: the path has no call that runs a kernel several times")
	case c.Call.Handles > 0:
		return Unsupported("call.handles: the path has no handles")
	case c.Call.Bare:
		return Unsupported("call.bare: the path's calls have no optional arguments")
	case c.Call.Fused:
		return Unsupported("call.fused: the path takes q, k and v by no handles")
	}
	return nil
}
