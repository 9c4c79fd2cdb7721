package cases_test

import (
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// BenchmarkMaterializeDefaults fills the memory of the cases of a default run.
func BenchmarkMaterializeDefaults(b *testing.B) {
	stream, err := gen.NewStream(gen.Default, 5, gen.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	var drawn []cases.Case
	for i := range 200 {
		c, err := stream.Case(i)
		if err != nil {
			b.Fatal(err)
		}
		drawn = append(drawn, c)
	}
	for b.Loop() {
		for _, c := range drawn {
			cases.Materialize(c)
		}
	}
	b.ReportMetric(1e3*b.Elapsed().Seconds()/float64(b.N*len(drawn)), "ms/case")
	b.ReportMetric(0, "ns/op")
}
