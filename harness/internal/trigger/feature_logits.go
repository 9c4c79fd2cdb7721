package trigger

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// logitFeatures are quantities of the numbers themselves. A bug of the online softmax strikes by how large the logits are:
// whether an exponential overflows, or a sum has nothing but zeros in it.
func logitFeatures() (list []feature) {
	add := func(name, readable string, of func(cases.Logits) float64) {
		list = append(list, feature{name: name, kind: logit, group: "values", readable: readable, logit: of})
	}
	add("logits.highest", "the largest logit", func(l cases.Logits) float64 { return l.Highest })
	add("logits.lowest_row_max", "the largest logit of some row", func(l cases.Logits) float64 { return l.LowestRowMax })
	add("logits.largest_fall", "the fall of a row's logits from one block of 32 keys to a later one", func(l cases.Logits) float64 { return l.LargestFall })
	return list
}

// logitEdges are where exponentials and formats end: exp in fp16 and in fp32, where a number of fp16 does, and what is written
// for -Inf where it is a finite number.
var logitEdges = []float64{11, 17, 88, 104, 1e3, 1e4, 5e4, 65504, 1e6}

// logitAtoms are that a logit lies past an edge: a row's largest one below it, or another above.
func logitAtoms(index int) (list []atom) {
	list = append(list, pastEdge(index, 0, 1.3))
	for _, t := range logitEdges {
		list = append(list, pastEdge(index, t, 1.3))
	}
	return list
}

// pastEdge is the condition that a quantity of the logits lies further from 0 than a number.
func pastEdge(index int, edge, cost float64) atom {
	n := features[index].name
	if n == "logits.lowest_row_max" {
		return atom{text: fmt.Sprintf("%s < %s", n, plainNumber(-edge)), cost: cost, feature: index, holds: func(x float64) bool { return x < -edge }}
	}
	return atom{text: fmt.Sprintf("%s > %s", n, plainNumber(edge)), cost: cost, feature: index, holds: func(x float64) bool { return x > edge }}
}

// plainNumber writes a number as people do, without a sign before 0.
func plainNumber(x float64) string { return fmt.Sprintf("%.7g", x+0) }
