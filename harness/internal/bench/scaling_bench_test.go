package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// scaled is something whose time is measured against the size of a case.
type scaled struct {
	name string
	// prepare makes what is timed; it may keep what it wants of the case.
	prepare func(b *testing.B, c cases.Case) (run func() error)
}

// BenchmarkScaling reports the exponents e of time and of allocated bytes = constant * size^e, fitted over sizes that
// double: 1 for q_len, kv_len and head_dim in time, where the fixed costs no longer count. ns/op is the whole sweep.
func BenchmarkScaling(b *testing.B) {
	axes := []struct {
		name  string
		sizes []int
		set   func(*cases.Case, int)
	}{
		{"q_len", []int{64, 128, 256, 512}, func(c *cases.Case, n int) { c.QLen = n }},
		{"kv_len", []int{256, 512, 1024, 2048, 4096}, func(c *cases.Case, n int) { c.KVLen = n }},
		{"head_dim", []int{32, 64, 128, 256}, func(c *cases.Case, n int) { c.HeadDim = n }},
	}
	for _, s := range []scaled{{"reference", prepareReference}, {"oracle", prepareOracle}, {"host", prepareHost}} {
		for _, axis := range axes {
			b.Run(fmt.Sprintf("of=%s/against=%s", s.name, axis.name), func(b *testing.B) {
				var x []float64
				var runs []func() error
				for _, n := range axis.sizes {
					c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1, KVHeads: 1, QLen: 64, KVLen: 256, HeadDim: 32, Input: precision.FP32}
					axis.set(&c, n)
					if err := c.Normalize(); err != nil {
						b.Fatal(err)
					}
					x = append(x, float64(n))
					runs = append(runs, s.prepare(b, c))
				}
				seconds, bytes := sweep(b, runs)
				b.ReportMetric(Exponent(x, seconds), "time-exponent")
				if bytes[0] > 0 {
					b.ReportMetric(Exponent(x, bytes), "bytes-exponent")
				}
				b.ReportMetric(1e9*seconds[len(seconds)-1], "ns-largest")
			})
		}
	}
}

// sweep returns the shortest time and the fewest allocated bytes of each run.
func sweep(b *testing.B, runs []func() error) (seconds, bytes []float64) {
	seconds, bytes = make([]float64, len(runs)), make([]float64, len(runs))
	for i := range runs {
		seconds[i], bytes[i] = math.Inf(1), math.Inf(1)
	}
	var before, after runtime.MemStats
	for b.Loop() {
		for i, run := range runs {
			runtime.ReadMemStats(&before)
			begin := time.Now()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			seconds[i] = min(seconds[i], time.Since(begin).Seconds())
			runtime.ReadMemStats(&after)
			bytes[i] = min(bytes[i], float64(after.TotalAlloc-before.TotalAlloc))
		}
	}
	return seconds, bytes
}

func prepareReference(_ *testing.B, c cases.Case) func() error {
	tensors := cases.Materialize(c)
	return func() error {
		_, err := oracle.Truth(context.Background(), c, tensors, paths.ArithmeticOf(c), reference.Options{Workers: 1})
		return err
	}
}

func prepareOracle(b *testing.B, c cases.Case) func() error {
	tensors := cases.Materialize(c)
	truth, err := oracle.Truth(context.Background(), c, tensors, paths.ArithmeticOf(c), reference.Options{Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	return func() error {
		_, err := oracle.Judge(truth, tensors)
		return err
	}
}

func prepareHost(b *testing.B, c cases.Case) func() error {
	p, err := catalog.Open(context.Background(), "host?threads=1")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.(interface{ Close() error }).Close() })
	call, err := TargetOf(p).Prepare(context.Background(), c, cases.Materialize(c), 1, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(call.Close)
	return func() error {
		_, err := call.Run()
		return err
	}
}
