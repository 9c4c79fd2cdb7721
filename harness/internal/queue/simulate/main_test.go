package main

import (
	"math"
	"testing"
)

func basic() figures {
	return figures{workers: 10, cases: 1e5, item: 100, perCase: 0.01, take: 1e-4, store: 1e-4, ackWait: 30, seed: 1}
}

// With nothing in the way the campaign takes what its cases take.
func TestWithoutTroubleTheWorkersAreBusy(t *testing.T) {
	f := basic()
	o := simulate(f)
	if o.ideal != 100 || o.seconds < 95 || o.seconds > 110 {
		t.Errorf("%.1f s, ideal %.1f", o.seconds, o.ideal)
	}
	if o.deaths != 0 || o.redone != 0 || o.longest > 0.1 {
		t.Errorf("%+v", o)
	}
	if want := 1000 * (f.publish + f.take + f.store); math.Abs(o.busy-want) > 0.2*want {
		t.Errorf("the server is busy for %.3f s, want %.3f", o.busy, want)
	}
}

// A server that takes as long as the workers is what the campaign waits for.
func TestASlowServerIsTheLimit(t *testing.T) {
	f := basic()
	f.store = 0.5
	o := simulate(f)
	if o.seconds < 500 || o.used < 0.95 {
		t.Errorf("%.0f s, the server is busy for %.2f of them", o.seconds, o.used)
	}
}

// Items of the dead are done by others, all of them.
func TestItemsOfTheDeadAreDoneAgain(t *testing.T) {
	f := basic()
	f.alive, f.back = 20, 5
	o := simulate(f)
	if o.deaths == 0 || o.redone != o.deaths {
		t.Errorf("%d deaths, %d items again", o.deaths, o.redone)
	}
	if calm := simulate(basic()); o.seconds <= calm.seconds {
		t.Errorf("%.0f s with deaths, %.0f without", o.seconds, calm.seconds)
	}
}
