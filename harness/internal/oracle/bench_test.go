package oracle_test

import (
	"fmt"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// BenchmarkTruth is the reference of the cases of a default run, as a trial asks for it and as laws do.
func BenchmarkTruth(b *testing.B) {
	stream, err := gen.NewStream(gen.Default, 5, gen.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	type problem struct {
		c cases.Case
		t *cases.Tensors
	}
	var problems []problem
	for i := range 200 {
		c, err := stream.Case(i)
		if err != nil {
			b.Fatal(err)
		}
		problems = append(problems, problem{c, cases.Materialize(c)})
	}
	for _, o := range []reference.Options{{Workers: 1}, {Workers: 1, BoundOnly: true}} {
		b.Run(fmt.Sprintf("bound_only=%t", o.BoundOnly), func(b *testing.B) {
			for b.Loop() {
				for _, p := range problems {
					if _, err := oracle.Truth(b.Context(), p.c, p.t, paths.ArithmeticOf(p.c), o); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(1e3*b.Elapsed().Seconds()/float64(b.N*len(problems)), "ms/case")
			b.ReportMetric(0, "ns/op")
		})
	}
}
