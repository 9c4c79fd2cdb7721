//go:build unix

package bench

import (
	"context"
	"syscall"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/trial"
)

// What a campaign costs: the first 64 cases of the default preset with two laws each, in this process, on one worker.
// cases/cpu-s is what one processor does in a second of its own time, however busy the machine is with other things;
// two processors do twice as much.
func BenchmarkDefaultPreset(b *testing.B) {
	for _, path := range []string{"naive", "host"} {
		b.Run("path="+path, func(b *testing.B) {
			stream, err := gen.NewStream(gen.Default, 1, gen.Filter{})
			if err != nil {
				b.Fatal(err)
			}
			const count = 64
			var spent trial.Spent
			run := func() {
				err := engine.Run(context.Background(), engine.Config{
					Source: func(i int) (cases.Case, error) { return stream.Case(i) }, Cases: count, Workers: 1,
					NewPath: func(ctx context.Context) (paths.Path, error) { return catalog.Open(ctx, path) },
					Trial:   trial.Options{Relations: 2, Workers: 1},
					Sink:    func(r engine.Result) error { spent.Add(r.Spent); return nil },
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			run() // compiles what is not in the cache
			spent = trial.Spent{}
			before := processorSeconds()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.N*count)/(processorSeconds()-before), "cases/cpu-s")
			each := func(seconds float64) float64 { return 1e3 * seconds / float64(b.N) / count }
			b.ReportMetric(float64(b.N*count)/b.Elapsed().Seconds(), "cases/s")
			b.ReportMetric(each(spent.Generate.Seconds()), "ms-generate/case")
			b.ReportMetric(each(spent.Reference.Seconds()), "ms-reference/case")
			b.ReportMetric(each(spent.Path.Seconds()), "ms-path/case")
			b.ReportMetric(each(spent.Relations.Seconds()), "ms-relations/case")
		})
	}
}

// processorSeconds is the processor time that this process has taken.
func processorSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + 1e-6*float64(t.Usec) }
	return seconds(u.Utime) + seconds(u.Stime)
}
