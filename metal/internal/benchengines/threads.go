//go:build cgo && unix

package main

import (
	"math"
	"sync"
	"time"

	"attest.example/attest/metal"
)

// threads is how many times the rate of one thread two threads have with a row's kernel.
func threads(r row) (times float64, err error) {
	var runs [2]func() error
	for i := range runs {
		d, err := metal.Host(metal.HostOptions{Workers: i + 1, Engine: metal.EngineWide})
		if err != nil {
			return 0, err
		}
		defer d.Close()
		if runs[i], _, err = r.prepare(d); err != nil {
			return 0, err
		}
	}
	return fastest(runs)
}

// nativeThreads is the same of arithmetic in registers: what this machine gives at most. Two processors that share one core's
// units give less than twice.
func nativeThreads() float64 {
	times, _ := fastest([2]func() error{
		func() error { burn(); burn(); return nil },
		func() error {
			var both sync.WaitGroup
			both.Go(burn)
			both.Go(burn)
			both.Wait()
			return nil
		},
	})
	return times
}

// fastest is how many times faster the second is than the first, by the clock: the fastest of several runs of each, in turns.
// A busy machine makes it less, and never more.
func fastest(runs [2]func() error) (times float64, err error) {
	took := [2]float64{math.Inf(1), math.Inf(1)}
	for range 20 {
		for i, once := range runs {
			begin := time.Now()
			if err := once(); err != nil {
				return 0, err
			}
			took[i] = min(took[i], time.Since(begin).Seconds())
		}
	}
	return took[0] / took[1], nil
}
