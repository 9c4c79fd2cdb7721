package worker_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/trial"
)

// BenchmarkIsolation reports cases per second of whole runs with and without worker processes.
func BenchmarkIsolation(b *testing.B) {
	inProcess := func(context.Context) (paths.Path, error) { return naive.New(), nil }
	for _, preset := range presets {
		for _, mode := range []struct {
			name string
			open func(context.Context) (paths.Path, error)
		}{{"worker", opener("naive")}, {"in-process", inProcess}} {
			b.Run(fmt.Sprintf("preset=%s/%s", preset, mode.name), func(b *testing.B) {
				const count = 64
				source := stream(b, preset, 1)
				for b.Loop() {
					run(b, engine.Config{Source: source, Cases: count, NewPath: mode.open,
						Trial: trial.Options{Relations: 2, Workers: 1}})
				}
				b.ReportMetric(float64(count*b.N)/b.Elapsed().Seconds(), "cases/s")
			})
		}
	}
}

// BenchmarkAttend reports the cost of one small call: the round trip, beside what the path takes itself.
func BenchmarkAttend(b *testing.B) {
	c := plain(b, nil)
	for _, mode := range []struct {
		name string
		open func(context.Context) (paths.Path, error)
	}{{"worker", opener("naive")}, {"in-process", func(context.Context) (paths.Path, error) { return naive.New(), nil }}} {
		b.Run(mode.name, func(b *testing.B) {
			p, err := mode.open(b.Context())
			require.NoError(b, err)
			defer func() {
				if closer, ok := p.(interface{ Close() error }); ok {
					closer.Close()
				}
			}()
			t := materialize(b, p, c)
			for b.Loop() {
				_, err := p.Attend(b.Context(), c, t)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkRestart reports what replacing a process costs.
func BenchmarkRestart(b *testing.B) {
	p, err := opener("naive")(b.Context())
	require.NoError(b, err)
	defer p.(interface{ Close() error }).Close()
	for b.Loop() {
		require.NoError(b, paths.Restart(b.Context(), p))
	}
}
