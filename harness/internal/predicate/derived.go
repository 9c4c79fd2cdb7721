package predicate

import (
	"math/bits"
	"reflect"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// What a condition may name beside the fields of a case: quantities that follow from several of them. They are not in a
// Scope, whose names are its owner's.

type visible struct {
	Begin       int   `expr:"begin"`
	End         int   `expr:"end"`
	None        bool  `expr:"none"`
	Hides       bool  `expr:"hides"`
	First       bool  `expr:"first"`
	Last        bool  `expr:"last"`
	Gap         bool  `expr:"gap"`
	Uneven      bool  `expr:"uneven"`
	StartsEmpty bool  `expr:"starts_empty"`
	OwnDiagonal bool  `expr:"own_diagonal"`
	Skips       int   `expr:"skips"`
	Begins8     []int `expr:"begins_8"`
	Ends8       []int `expr:"ends_8"`
	Begins32    []int `expr:"begins_32"`
	Ends32      []int `expr:"ends_32"`
}

type before struct {
	Differs       []string `expr:"differs"`
	SameDiffers   []string `expr:"same_size_differs"`
	LatestDiffers []string `expr:"latest_differs"`
	LastDiffers   []string `expr:"last_differs"`
	MoreKeys      int      `expr:"more_keys"`
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

// steps are the strides of an operand in elements.
type steps struct {
	Batch int `expr:"batch"`
	Head  int `expr:"head"`
	Row   int `expr:"row"`
	Col   int `expr:"col"`
}

type stride struct {
	Q   steps `expr:"q"`
	K   steps `expr:"k"`
	V   steps `expr:"v"`
	Out steps `expr:"out"`
}

func stridesOf(c *cases.Case) stride {
	of := func(operand string) steps {
		s := c.StridesOf(operand)
		return steps{s[0], s[1], s[2], s[3]}
	}
	return stride{of("q"), of("k"), of("v"), of("out")}
}

var conditionType = func() reflect.Type {
	fields := make([]reflect.StructField, 0, envType.NumField()+15)
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
		named("DerivedColumnsApart", "columns_apart", reflect.TypeFor[perOperand]()),
		named("DerivedInfClash", "inf_clash", reflect.TypeFor[bool]()),
		named("DerivedStride", "stride", reflect.TypeFor[stride]()),
		named("DerivedEndsGuarded", "ends_guarded", reflect.TypeFor[bool]()),
		named(derivedLogits, "logits", reflect.TypeFor[logits]()))
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
		c.Mask.IsCausal(), visible{v.Begin, v.End, v.None, v.Hides, first, last, c.HasGap(), c.Uneven(), c.StartsEmpty(), c.OwnDiagonal(), c.Skips(), c.Begins(8), c.Ends(8), c.Begins(32), c.Ends(32)}, beforeOf(c),
		own{c.Scale != nil}, past{Past(c.QLen), Past(c.KVLen), Past(c.HeadDim), Past(c.VDim())},
		stridedOf{c.Strided("q"), c.Strided("k"), c.Strided("v"), c.Strided("out"), c.MaskStrided()},
		sameStrides{c.EffectiveStrides("k") == c.EffectiveStrides("v"), c.EffectiveStrides("q") == c.EffectiveStrides("out")},
		c.Ragged(), class{Class(c.HeadDim), Class(c.VDim())}, eachOperand(c.BatchesInside), eachOperand(c.ColumnsApart), c.InfinitiesClash(),
		stridesOf(c), c.EndsGuarded(),
	} {
		env.Field(base.NumField() + i).Set(reflect.ValueOf(value))
	}
	return env.Interface()
}

func eachOperand(holds func(operand string) bool) perOperand {
	return perOperand{holds("q"), holds("k"), holds("v"), holds("out")}
}

func beforeOf(c *cases.Case) before {
	b := before{Differs: Differs(c), SameDiffers: SameSizeDiffers(c), LatestDiffers: LatestDiffers(c), LastDiffers: LastDiffers(c)}
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

// Names of what may differ in a case before and is no field of its own. What a kernel keeps from one call to the next is as
// a rule such a quantity, and not the fields from which it follows.
const (
	// Diagonal is where both have a diagonal and it begins at another key.
	Diagonal = "diagonal"
	// Keys is where both have as many rows and keys, and the causal or window part leaves some row other keys.
	Keys = "keys"
	// Array is where one has a mask in memory and the other has none, for which kernels are different ones as a rule.
	Array = "array"
	// Variant is where the two differ in what kernels are specialised for, as a rule: the formats, the class of v_head_dim and
	// whether it is head_dim, and whether there is a mask in memory, a softcap, a sink or a slope, lengths, pages, integers.
	Variant = "variant"
)

// Derived are those names.
func Derived() []string { return []string{Diagonal, Keys, Array, Variant} }

// SameSizeDiffers names what differs in a case that runs before and has as many scores: the same batch, heads, q_len and
// kv_len. What is kept from one call to the next is kept for these, as the numbers of a mask are.
func SameSizeDiffers(c *cases.Case) []string {
	return differing(c, func(p *cases.Case) bool { return sameSize(c, p) })
}

// LatestDiffers is SameSizeDiffers of the cases right before alone, back to the first one that is of another size: with that
// call, what is kept for a size is lost as a rule.
func LatestDiffers(c *cases.Case) []string {
	from := len(c.After)
	for from > 0 && sameSize(c, &c.After[from-1]) {
		from--
	}
	latest := *c
	latest.After = c.After[from:]
	return Differs(&latest)
}

// LastDiffers is SameSizeDiffers of the case right before alone; where that is of another size, nothing is named.
func LastDiffers(c *cases.Case) []string {
	if len(c.After) == 0 {
		return nil
	}
	last := *c
	last.After = c.After[len(c.After)-1:]
	return SameSizeDiffers(&last)
}

func sameSize(c, p *cases.Case) bool {
	return p.Batch == c.Batch && p.Heads == c.Heads && p.QLen == c.QLen && p.KVLen == c.KVLen
}

// Differs names the fields in which some case that runs before differs from the case, in the order of the format, and
// the names of Derived.
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
		if c.QLen == p.QLen && c.KVLen == p.KVLen && otherKeys(c, p) {
			differ = append(differ, Keys)
		}
		if c.Mask.IsArray() != p.Mask.IsArray() {
			differ = append(differ, Array)
		}
		if KernelOf(c) != KernelOf(p) {
			differ = append(differ, Variant)
		}
		for _, name := range differ {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Kernel is what kernels are specialised for, as a rule: cases that have the same need the same one.
type Kernel struct {
	input                                             precision.Format
	class                                             int
	v, array, softcap, head, ragged, paged, quantised bool
}

// leastClass is the least size that has kernels of its own.
const leastClass = 16

// KernelOf reads it off a case.
func KernelOf(c *cases.Case) Kernel {
	return Kernel{
		input: c.Input, class: Class(max(leastClass, c.VDim())),
		v: c.VDim() != c.HeadDim, array: c.Mask.IsArray(), softcap: c.Softcap != 0, head: c.Sinks != "" || c.Alibi != "",
		ragged: c.Ragged(), paged: c.Paging.Page > 0, quantised: c.Quant.Any(),
	}
}

// otherKeys reports whether some row of two cases of the same lengths sees other keys by the causal or window part. Lengths of
// batch entries are fields of their own, and left aside.
func otherKeys(c, p *cases.Case) bool {
	one, other := *c, *p
	one.Lengths, other.Lengths = cases.Lengths{}, cases.Lengths{}
	for row := range c.QLen {
		first, last := one.Span(0, row)
		if from, to := other.Span(0, row); (from != first || to != last) && (first < last || from < to) {
			return true
		}
	}
	return false
}
