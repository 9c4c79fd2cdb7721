package compare

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// Group is what a row of the report stands for. Fields that Options.By leaves out are empty.
type Group struct {
	Shape     string // see ShapeClasses
	Precision string // of the input
	Mask      string // its kind, or none
	Path      string
}

// ShapeClasses explains the shape classes, in which different kernels and loops are chosen.
const ShapeClasses = "decode: q_len <= 8; short: kv_len <= 128; medium: kv_len <= 2048; long: the rest"

// Dimensions are the words that Options.By takes.
func Dimensions() []string { return []string{"shape", "precision", "mask", "path"} }

// String returns the parts that are there.
func (g Group) String() string {
	parts := slices.DeleteFunc([]string{g.Shape, g.Precision, g.Mask, g.Path}, func(s string) bool { return s == "" })
	return strings.Join(parts, " ")
}

// only keeps the dimensions of by.
func (g Group) only(by []string) Group {
	for _, d := range []struct {
		name  string
		field *string
	}{{"shape", &g.Shape}, {"precision", &g.Precision}, {"mask", &g.Mask}, {"path", &g.Path}} {
		if !slices.Contains(by, d.name) {
			*d.field = ""
		}
	}
	return g
}

// groupOf is coarse on purpose: a group tells something only if many cases of a run fall into it.
func groupOf(c cases.Case, path string) Group {
	return Group{shapeClass(c.QLen, c.KVLen), c.Input.String(), maskKind(record.MaskWord(c)), path}
}

// maskKind cuts a mask word such as additive-fp16+causal to its first part.
func maskKind(word string) string {
	if i := strings.IndexAny(word, "-+"); i >= 0 {
		return word[:i]
	}
	return word
}

func shapeClass(q, kv int) string {
	switch {
	case q <= 8:
		return "decode"
	case kv <= 128:
		return "short"
	case kv <= 2048:
		return "medium"
	}
	return "long"
}

func checkBy(by []string) error {
	for _, d := range by {
		if !slices.Contains(Dimensions(), d) {
			return fmt.Errorf("group by %q; want some of %s", d, strings.Join(Dimensions(), ","))
		}
	}
	return nil
}
