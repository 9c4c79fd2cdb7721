package cases

import (
	"slices"
	"testing"
)

func nothing(string) bool { return false }

// A row that somebody adds without anything more is refused by every path that does not name it.
func TestAFieldIsUnknownUnlessAPathSaysOtherwise(t *testing.T) {
	var set int
	row := integerField("test.later", "a field of tomorrow", 0, 9, func(*Case) *int { return &set })
	kept := fieldTable
	fieldTable = append(slices.Clone(kept), &row)
	defer func() { fieldTable = kept }()
	c := Case{Version: 1, Batch: 1, Heads: 1, QLen: 1, KVLen: 1, HeadDim: 1, Input: 1}
	if err := c.Normalize(); err != nil {
		t.Fatal(err)
	}
	if why := c.Unknown(nothing); why != "" {
		t.Errorf("a case that does not set it: %s", why)
	}
	set = 3
	if why, want := c.Unknown(nothing), "test.later: the path does not know it"; why != want {
		t.Errorf("%q; want %q", why, want)
	}
	if why := c.Unknown(func(what string) bool { return what == "test.later" }); why != "" {
		t.Errorf("a path that knows it: %s", why)
	}
}

// What an old field may be later is unknown as well: an extent of 0, another kind of mask, format or order.
func TestALaterValueIsUnknown(t *testing.T) {
	for what, change := range map[string]func(*Case){
		"q_len=0": func(c *Case) { c.QLen = 0 }, "kv_len=0": func(c *Case) { c.KVLen = 0 }, "batch=0": func(c *Case) { c.Batch = 0 },
		"mask.kind=tree":      func(c *Case) { c.Mask.Kind = "tree" },
		"layout.v.order=HBSD": func(c *Case) { c.Layout.V.Order = "HBSD" },
	} {
		c := Case{Version: 1, Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 1, HeadDim: 1, Input: 1, Output: 1}
		if why := c.Unknown(nothing); why != "" {
			t.Fatalf("before %s: %s", what, why)
		}
		change(&c)
		var asked []string
		why := c.Unknown(func(x string) bool { asked = append(asked, x); return false })
		if want := what + ": the path does not know it"; why != want || !slices.Equal(asked, []string{what}) {
			t.Errorf("%s: %q, asked for %q", what, why, asked)
		}
		if why := c.Unknown(func(x string) bool { return x == what }); why != "" {
			t.Errorf("%s is known: %s", what, why)
		}
	}
	for name, old := range firstVersion {
		f := FieldNamed(name)
		if f == nil {
			t.Errorf("%s: no such row", name)
			continue
		}
		for _, word := range old.words {
			if word != "" && !slices.Contains(f.Values, word) {
				t.Errorf("%s: %q is no value of it", name, word)
			}
		}
	}
}
