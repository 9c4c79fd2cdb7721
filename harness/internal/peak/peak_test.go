package peak

import (
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"attest.example/attest/metal"
)

// bursts is a device of so many operations a second that is disturbed in all but one of ten launches.
func bursts(now *time.Time, flops, work float64) func(int, uint32) (float64, error) {
	n := 0
	return func(groups int, rounds uint32) (float64, error) {
		seconds := float64(groups) * float64(rounds) * work / flops
		if n++; n%10 != 0 {
			seconds *= 3
		}
		*now = now.Add(time.Duration(seconds * 1e9))
		return seconds, nil
	}
}

func TestBestFindsTheUndisturbedBurst(t *testing.T) {
	for _, test := range []struct {
		processors int
		want       float64
	}{{0, 1e12}, {1, 1e12}, {4, 4e12}} { // with processors, what is measured is one of them
		now := time.Unix(0, 0)
		got, err := best(bursts(&now, 1e12, 1e5), 1e5, test.processors, time.Second, func() time.Time { return now })
		if err != nil || math.Abs(got-test.want) > 1e-6*test.want {
			t.Errorf("%d processors: %g, %v; want %g", test.processors, got, err, test.want)
		}
		if took := now.Sub(time.Unix(0, 0)); took > 2*time.Second {
			t.Errorf("%d processors: took %v", test.processors, took)
		}
	}
}

// A driver may compile at the first launch, longer than all of the limit.
func TestBestBehindASlowFirstLaunch(t *testing.T) {
	now, first := time.Unix(0, 0), true
	run := bursts(&now, 1e12, 1e5)
	got, err := best(func(groups int, rounds uint32) (float64, error) {
		if first {
			now, first = now.Add(10*time.Second), false
		}
		return run(groups, rounds)
	}, 1e5, 0, time.Second, func() time.Time { return now })
	if err != nil || math.Abs(got-1e12) > 1e6 {
		t.Errorf("%g, %v; want 1e12", got, err)
	}
}

func TestBestWithoutAClock(t *testing.T) {
	now := time.Unix(0, 0)
	broken := errors.New("broken")
	if _, err := best(func(int, uint32) (float64, error) { return 0, broken }, 1, 1, time.Second, time.Now); !errors.Is(err, broken) {
		t.Errorf("%v, want the launch's error", err)
	}
	silent := func(int, uint32) (float64, error) { now = now.Add(time.Millisecond); return 0, nil }
	if rate, err := best(silent, 1, 1, time.Second, func() time.Time { return now }); err == nil {
		t.Errorf("a device whose clock stands still does %g a second", rate)
	}
}

func TestMeasureOnTheHost(t *testing.T) {
	d, err := metal.Host(metal.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	// Not how fast this machine is, but that the unit is right: no processor does less than 1e8 or more than 1e12.
	p, err := Measure(d, 1, 100*time.Millisecond)
	if err != nil || p.FMA < 1e8 || p.FMA > 1e12 || p.Matrix != 0 || p.FLOPS() != p.FMA {
		t.Errorf("of this machine's processors, by C: %+v, %v", p, err)
	}
	most := 1e12 * float64(runtime.NumCPU())
	if p, err = Measure(d, 0, 100*time.Millisecond); err != nil || p.FMA < 1e8 || p.FMA > most || p.Matrix < 1e7 || p.Matrix > most || p.FLOPS() != max(p.FMA, p.Matrix) {
		t.Errorf("as of a GPU, by kernels: %+v, %v", p, err)
	}
}
