package predicate

import (
	"math/bits"
	"reflect"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// What a condition may name beside the fields of a case: quantities that follow from several of them. They are not in a
// Scope, whose names are its owner's.

type visible struct {
	Begin    int   `expr:"begin"`
	End      int   `expr:"end"`
	None     bool  `expr:"none"`
	Hides    bool  `expr:"hides"`
	First    bool  `expr:"first"`
	Last     bool  `expr:"last"`
	Begins8  []int `expr:"begins_8"`
	Ends8    []int `expr:"ends_8"`
	Begins32 []int `expr:"begins_32"`
	Ends32   []int `expr:"ends_32"`
}

type before struct {
	Differs     []string `expr:"differs"`
	SameDiffers []string `expr:"same_size_differs"`
	MoreKeys    int      `expr:"more_keys"`
}

type own struct {
	Scale bool `expr:"scale"`
}

// past is by how much a size goes past a power of two: kernels are made for classes of sizes.
type past struct {
	QLen    int `expr:"q_len"`
	KVLen   int `expr:"kv_len"`
	HeadDim int `expr:"head_dim"`
	VDim    int `expr:"v_head_dim"`
}

type perOperand struct {
	Q   bool `expr:"q"`
	K   bool `expr:"k"`
	V   bool `expr:"v"`
	Out bool `expr:"out"`
}

// stridedOf is perOperand with the mask.
type stridedOf struct {
	Q    bool `expr:"q"`
	K    bool `expr:"k"`
	V    bool `expr:"v"`
	Out  bool `expr:"out"`
	Mask bool `expr:"mask"`
}

// class is the least power of two that a size fits into: kernels are made for such classes.
type class struct {
	HeadDim int `expr:"head_dim"`
	VDim    int `expr:"v_head_dim"`
}

type sameStrides struct {
	KV   bool `expr:"k_v"`
	QOut bool `expr:"q_out"`
}

var conditionType = func() reflect.Type {
	fields := make([]reflect.StructField, 0, envType.NumField()+11)
	for i := range envType.NumField() {
		fields = append(fields, envType.Field(i))
	}
	fields = append(fields,
		named("DerivedCausal", "causal", reflect.TypeFor[bool]()),
		named("DerivedVisible", "visible", reflect.TypeFor[visible]()),
		named("DerivedBefore", "before", reflect.TypeFor[before]()),
		named("DerivedOwn", "own", reflect.TypeFor[own]()),
		named("DerivedPast", "past", reflect.TypeFor[past]()),
		named("DerivedStrided", "strided", reflect.TypeFor[stridedOf]()),
		named("DerivedSameStrides", "same_strides", reflect.TypeFor[sameStrides]()),
		named("DerivedRagged", "ragged", reflect.TypeFor[bool]()),
		named("DerivedClass", "class", reflect.TypeFor[class]()),
		named("DerivedBatchesInside", "batches_inside", reflect.TypeFor[perOperand]()),
		named("DerivedColumnsApart", "columns_apart", reflect.TypeFor[perOperand]()))
	return reflect.StructOf(fields)
}()

func conditionValues(c *cases.Case) any {
	env := reflect.New(conditionType).Elem()
	base := reflect.ValueOf(environment(*c))
	for i := range base.NumField() {
		env.Field(i).Set(base.Field(i))
	}
	v := c.Visible()
	first, last := c.RangeEnds()
	for i, value := range []any{
		c.Mask.IsCausal(), visible{v.Begin, v.End, v.None, v.Hides, first, last, c.Begins(8), c.Ends(8), c.Begins(32), c.Ends(32)}, beforeOf(c),
		own{c.Scale != nil}, past{Past(c.QLen), Past(c.KVLen), Past(c.HeadDim), Past(c.VDim())},
		stridedOf{c.Strided("q"), c.Strided("k"), c.Strided("v"), c.Strided("out"), c.MaskStrided()},
		sameStrides{c.EffectiveStrides("k") == c.EffectiveStrides("v"), c.EffectiveStrides("q") == c.EffectiveStrides("out")},
		c.Ragged(), class{Class(c.HeadDim), Class(c.VDim())}, eachOperand(c.BatchesInside), eachOperand(c.ColumnsApart),
	} {
		env.Field(base.NumField() + i).Set(reflect.ValueOf(value))
	}
	return env.Interface()
}

func eachOperand(holds func(operand string) bool) perOperand {
	return perOperand{holds("q"), holds("k"), holds("v"), holds("out")}
}

func beforeOf(c *cases.Case) before {
	b := before{Differs: Differs(c), SameDiffers: SameSizeDiffers(c)}
	for i := range c.After {
		if more := c.After[i].KVLen - c.KVLen; i == 0 || more > b.MoreKeys {
			b.MoreKeys = more
		}
	}
	return b
}

// Past is by how much a size goes past the largest power of two below it; 1 is none.
func Past(size int) int {
	if size <= 1 {
		return 0
	}
	return size - 1<<(bits.Len(uint(size-1))-1)
}

// Class is the least power of two that is at least as large as a size.
func Class(size int) int {
	if size <= 1 {
		return 1
	}
	return 1 << bits.Len(uint(size-1))
}

// Diagonal is among the names of what differs in a case before where both have a diagonal and it begins at another key.
// What a kernel keeps is as a rule that key, and not the corner or the cache from which it follows.
const Diagonal = "diagonal"

// SameSizeDiffers names what differs in a case that runs before and has as many scores: the same batch, heads, q_len and
// kv_len. What is kept from one call to the next is kept for these, as the numbers of a mask are.
func SameSizeDiffers(c *cases.Case) []string {
	return differing(c, func(p *cases.Case) bool {
		return p.Batch == c.Batch && p.Heads == c.Heads && p.QLen == c.QLen && p.KVLen == c.KVLen
	})
}

// Differs names the fields in which some case that runs before differs from the case, in the order of the format, and
// Diagonal.
func Differs(c *cases.Case) []string { return differing(c, func(*cases.Case) bool { return true }) }

func differing(c *cases.Case, counts func(*cases.Case) bool) (names []string) {
	for i := range c.After {
		p := &c.After[i]
		if !counts(p) {
			continue
		}
		differ := cases.Differences(c, p)
		if c.Mask.Align != "" && p.Mask.Align != "" && c.Diagonal(0) != p.Diagonal(0) {
			differ = append(differ, Diagonal)
		}
		for _, name := range differ {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
