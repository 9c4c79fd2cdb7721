//go:build cgo && unix

package main

import (
	"math"
	"time"

	"attest.example/attest/metal"
)

// threads is how many times the rate of one thread two threads have, by the clock: the fastest of several runs of each, in
// turns. A busy machine makes it less, and never more.
func threads(r row) (times float64, err error) {
	var runs [2]func() error
	fastest := [2]float64{math.Inf(1), math.Inf(1)}
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
	for range 20 {
		for i, once := range runs {
			begin := time.Now()
			if err := once(); err != nil {
				return 0, err
			}
			fastest[i] = min(fastest[i], time.Since(begin).Seconds())
		}
	}
	return fastest[0] / fastest[1], nil
}
