package metalpath

import (
	"testing"

	"attest.example/attest/metal"
)

// Fibers have the first sequence of a run and every eighth after it, large cases every 64th: which a run that is gone on with
// and a replay rely upon.
func TestTurn(t *testing.T) {
	var e Engines
	for sequence := range 200 {
		for _, c := range []struct {
			work float64
			want bool
		}{{0, sequence%8 == 1}, {large, sequence%8 == 1}, {large + 1, sequence%64 == 1}, {1e12, sequence%64 == 1}} {
			if e.Turn(sequence, c.work); e.keepOnFibers() != c.want {
				t.Errorf("sequence %d, %g multiply-adds: fibers %v; want %v", sequence, c.work, !c.want, c.want)
			}
		}
	}
	if e.Turn(-63, 0); e.keepOnFibers() {
		t.Error("a sequence below 1 is on fibers")
	}
}

// What ran is told of each call by itself.
func TestRan(t *testing.T) {
	e := Engines{Chosen: true}
	for _, call := range []struct {
		on   []metal.Engine
		want string
	}{
		{nil, ""}, {[]metal.Engine{metal.EngineWide}, "wide"}, {[]metal.Engine{metal.EngineFibers}, "fibers"},
		{[]metal.Engine{metal.EngineWide, metal.EngineFibers, metal.EngineWide}, "fibers,wide"}, {nil, ""},
	} {
		e.Begin()
		for _, engine := range call.on {
			e.dispatched(engine)
		}
		if got := e.Ran(); got != call.want {
			t.Errorf("after dispatches on %v: %q; want %q", call.on, got, call.want)
		}
	}
}
