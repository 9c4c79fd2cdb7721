package wide

import (
	"slices"
	"testing"
)

// A shuffle of vectors that are put together only to be seen as a number picks of what is known of them.
func TestShufflesOfAssembledVectors(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string // nil: the line stays, and is refused as not known
	}{
		{"%c = shufflevector <2 x float> %a, <2 x float> poison, <2 x i32> zeroinitializer", []string{"x0", "x0"}},
		{"%c = shufflevector <2 x float> %a, <2 x float> %b, <4 x i32> <i32 3, i32 0, i32 poison, i32 2>", []string{"", "x0", "", "y0"}},
		{"%c = shufflevector <2 x float> poison, <2 x float> %a, <2 x i32> <i32 3, i32 2>", []string{"x1", "x0"}},
		{"%c = shufflevector <2 x float> %a, <2 x float> %elsewhere, <2 x i32> zeroinitializer", nil},
		{"%c = shufflevector <2 x float> %a, <2 x float> poison, <2 x i32> <i32 0, i32 4>", nil},
		{"%c = shufflevector <16 x float> poison, <16 x float> poison, <2 x i32> zeroinitializer", nil},
	} {
		a := assembled{"%a": {elements: []string{"x0", "x1"}}, "%b": {elements: []string{"y0", ""}}}
		left := a.apart(test.line)
		got := a["%c"].elements
		if !slices.Equal(got, test.want) || (len(left) == 0) != (test.want != nil) {
			t.Errorf("%s: got %q and %q left, want %q", test.line, got, left, test.want)
		}
	}
}
