package predicate

import (
	"reflect"

	"attest.example/attest/harness/internal/cases"
)

// logits are quantities of a case's own numbers. They have to be drawn and multiplied, so that only conditions that name them
// cost that, and those once for a case.
type logits struct {
	Highest      float64 `expr:"highest"`
	LowestRowMax float64 `expr:"lowest_row_max"`
	LargestFall  float64 `expr:"largest_fall"`
}

const derivedLogits = "DerivedLogits"

// namesLogits reports whether a condition names one of them.
func namesLogits(source string) bool {
	var reads Reads
	reads.Add(source)
	return reads.Names["logits"]
}

// withLogits is the values of a condition with the logits of the case.
func withLogits(values any, c *cases.Case) any {
	env := reflect.New(conditionType).Elem()
	env.Set(reflect.ValueOf(values))
	env.FieldByName(derivedLogits).Set(reflect.ValueOf(logits(c.Logits())))
	return env.Interface()
}
