package cases

import (
	"math/rand"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/precision"
)

func stridedCase(t *testing.T, change func(*Case)) Case {
	t.Helper()
	c := Case{Version: Version, Batch: 2, Heads: 4, KVHeads: 2, QLen: 3, KVLen: 5, HeadDim: 4, Input: precision.FP32, Values: Values{Seed: 3}}
	change(&c)
	if err := c.Normalize(); err != nil {
		t.Fatal(err)
	}
	return c
}

// sameInAnotherPlace holds an fp32 tensor against a plain one: the same values, none of which share memory, and slack
// everywhere between them and nowhere else.
func sameInAnotherPlace(t *testing.T, name string, plain, placed *Tensor) {
	t.Helper()
	want, have := plain.Dense(), placed.Dense()
	for i := range want {
		if want[i] != have[i] {
			t.Fatalf("%s: element %d is %g; want %g", name, i, have[i], want[i])
		}
	}
	elements := map[int]bool{}
	placed.each(func(index int) { elements[index] = true })
	if len(elements) != placed.Len() {
		t.Fatalf("%s: elements share memory", name)
	}
	for index := range placed.Elements {
		if at := 4 * index; elements[index] == IsSlack(placed.Data[at:at+4], at) {
			t.Fatalf("%s: element %d: slack where none belongs, or none where it does", name, index)
		}
	}
}

// Strides decide where a value lies and not what it is, but for what shares memory.
func TestStridesChangeNoValue(t *testing.T) {
	base := Materialize(stridedCase(t, func(*Case) {}))
	d := rand.New(rand.NewSource(1))
	for range 200 {
		c := stridedCase(t, func(c *Case) {
			for _, name := range OperandNames() {
				c.Layout.Operand(name).Strides = anyStrides(d, c.OperandShape(name), false)
			}
		})
		got := Materialize(c)
		for name, pair := range map[string][2]*Tensor{"q": {&base.Q, &got.Q}, "k": {&base.K, &got.K}, "v": {&base.V, &got.V}} {
			sameInAnotherPlace(t, Describe(c)+": "+name, pair[0], pair[1])
		}
	}
}

func TestStridesThatCannotBe(t *testing.T) {
	for text, words := range map[string]string{
		`"layout":{"out":{"strides":[0,24,4,1]}}`:                                              "layout.out.strides: 0/24/4/1; want no 0 for batch, of which there are 2",
		`"layout":{"q":{"strides":[96,24,0,1]}}`:                                               "no 0 for rows",
		`"layout":{"k":{"strides":[96,3,4,1]}}`:                                                "want a larger stride for heads: elements share memory",
		`"layout":{"k":{"strides":[96,24,4,-1]}}`:                                              "four strides from 0 to 2^34",
		`"layout":{"k":{"strides":[96,24,4]}}`:                                                 "layout.k.strides",
		`"layout":{"k":{"strides":[96,24,5,1],"pad":1}}`:                                       "want none with an order, a pad or a transpose",
		`"layout":{"k":{"strides":[17179869184,24,5,1]},"v":{"strides":[17179869184,24,5,1]}}`: "at most 1.37e+11 bytes together",
		`"mask":{"kind":"causal","strides":[1,1,1,1]}`:                                         "mask.strides: a value; want nothing",
	} {
		_, err := Decode([]byte(`{"version":1,"batch":2,"heads":4,"kv_heads":2,"q_len":3,"kv_len":5,"head_dim":4,"input":"fp32",` + text + `}`))
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v; want %q", text, err, words)
		}
	}
}

// One case has one form: strides that are those without any layout, or of a mask that broadcasts, are not written.
func TestStridesHaveOneForm(t *testing.T) {
	c := stridedCase(t, func(c *Case) {
		c.Layout.K.Strides = Strides{40, 20, 4, 1}
		c.Mask = Mask{Kind: BoolMask, Shape: "111k", Strides: Strides{7, 7, 7, 1}}
	})
	if c.Layout.K.Strides.Given() || c.Mask.Strides.Given() {
		t.Errorf("%s", c)
	}
}

// What a stride of 2^32 leaves between elements costs addresses and no memory.
func TestFarStridesCostNoMemory(t *testing.T) {
	c := stridedCase(t, func(c *Case) {
		c.Layout.K.Strides = Strides{1 << 32, 1 << 31, 1 << 20, 1}
		c.Layout.Out.Strides = Strides{1 << 31, 1 << 20, 4, 1}
	})
	tensors := Materialize(c)
	used := 0
	for _, b := range tensors.Buffers() {
		used += b.Resident()
	}
	if used > 4<<20 || tensors.K.Elements < 1<<32 {
		t.Errorf("%d bytes used of %d elements", used, tensors.K.Elements)
	}
	copied := tensors.Clone()
	last := copied.K.Index(1, 1, 4, 3)
	if copied.K.Format.Get(copied.K.Data, last) != tensors.K.At(1, 1, 4, 3) || !tensors.K.EqualUsed(copied.K.Data, tensors.K.Data) {
		t.Error("a copy differs")
	}
	copied.K.Set(1, 1, 4, 3, 77)
	if tensors.K.EqualUsed(copied.K.Data, tensors.K.Data) {
		t.Error("a changed copy is like the original")
	}
	if at := 4 * (tensors.K.Index(1, 1, 3, 3) + 1); !IsSlack(tensors.K.Data[at:at+16], at) {
		t.Error("no slack beside a far element")
	}
}
