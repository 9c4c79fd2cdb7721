package cases

import "slices"

// fuzzOrder is the order of a fuzz target's arguments, which seeds that a fuzzer has stored depend on: fields that it
// leaves out follow in the order of the table, so a new field comes last.
var fuzzOrder = []string{
	"batch", "heads", "kv_heads", "q_len", "kv_len", "head_dim", "input", "output", "intermediate", "scale", "lse",
	"mask.kind", "mask.align", "mask.left", "mask.right", "mask.format", "mask.shape", "mask.fill", "mask.density",
	"mask.empty_rows", "mask.empty_lead", "mask.plus_inf", "mask.pad", "mask.offset",
	"layout.q.order", "layout.q.pad", "layout.q.transpose", "layout.q.offset",
	"layout.k.order", "layout.k.pad", "layout.k.transpose", "layout.k.offset",
	"layout.v.order", "layout.v.pad", "layout.v.transpose", "layout.v.offset",
	"layout.out.order", "layout.out.pad", "layout.out.transpose", "layout.out.offset",
	"values.seed", "values.q", "values.k", "values.v", "values.masked",
	"mask.floor", "mask.window", "call.repeat", "call.refill", "call.dispatches", "call.handles", "call.bare", "softcap",
	"kv_offset",
	"mask.strides", "layout.q.strides", "layout.k.strides", "layout.v.strides", "layout.out.strides",
	"sinks", "alibi",
	"lengths.packed", "lengths.q", "lengths.kv", "lengths.side",
	"paging.page", "paging.order", "paging.shared",
	"quant.k", "quant.v", "quant.scales", "quant.zero_points", "quant.fill",
	"v_head_dim", "call.fused",
}

// simpleOrder is the order in which fields decide which of two cases is simpler; the others come after these.
var simpleOrder = []string{
	"batch", "q_len", "kv_len", "head_dim", "v_head_dim", "heads", "kv_heads",
	"mask.kind", "mask.align", "mask.fill", "mask.shape", "mask.window", "mask.plus_inf", "mask.floor", "mask.empty_rows", "mask.empty_lead",
	"mask.density", "mask.format", "mask.left", "mask.right", "mask.pad", "mask.offset",
	"lse", "scale", "intermediate", "input", "output", "values.q", "values.k", "values.v", "values.masked",
	"layout.q.order", "layout.q.transpose", "layout.q.pad", "layout.q.offset",
	"layout.k.order", "layout.k.transpose", "layout.k.pad", "layout.k.offset",
	"layout.v.order", "layout.v.transpose", "layout.v.pad", "layout.v.offset",
	"layout.out.order", "layout.out.transpose", "layout.out.pad", "layout.out.offset",
	"values.seed",
}

// Scalars lists the arguments of a fuzz target, in order.
func Scalars() []Scalar {
	var all []Scalar
	for _, f := range ordered(fuzzOrder) {
		all = append(all, f.Scalars...)
	}
	return all
}

// OldestScalars is how many of them a fuzz target has had at least, since the first version.
func OldestScalars() int {
	n := 0
	for _, name := range fuzzOrder {
		n += len(fieldByName[name].Scalars)
		if name == "values.masked" {
			break
		}
	}
	return n
}

// BySimplicity lists the fields that tell simple cases from others, the one that decides first first.
func BySimplicity() []*Field {
	return slices.DeleteFunc(ordered(simpleOrder), func(f *Field) bool { return f.Simple.Rank == nil })
}

func ordered(names []string) []*Field {
	list := make([]*Field, 0, len(fieldTable))
	for _, name := range names {
		list = append(list, fieldByName[name])
	}
	for _, f := range fieldTable {
		if !slices.Contains(names, f.Name) {
			list = append(list, f)
		}
	}
	return list
}
