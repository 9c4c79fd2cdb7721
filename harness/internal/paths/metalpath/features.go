package metalpath

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// feature is something that a case may want of a library and that a library may refuse, in words.
type feature string

const (
	severalHeads    feature = "several heads"
	severalBatches  feature = "several batches"
	unlikeLengths   feature = "q_len unlike kv_len"
	causalMask      feature = "a causal mask"
	unlikeCausal    feature = "a causal mask with q_len unlike kv_len"
	boolMask        feature = "a bool mask"
	broadcastMask   feature = "a mask that broadcasts"
	stridedMask     feature = "a mask with strides"
	logsumexp       feature = "logsumexp"
	transposed      feature = "transposed operands"
	stridedOperands feature = "operands with strides"
)

func inputIn(f precision.Format) feature { return feature(f.String() + " input") }
func outputOf(in, out precision.Format) feature {
	return feature(fmt.Sprintf("%s input with %s output", in, out))
}
func intermediateOf(in, mid precision.Format) feature {
	return feature(fmt.Sprintf("%s input with %s intermediate", in, mid))
}
func additiveIn(f precision.Format) feature { return feature("an additive mask in " + f.String()) }

// featuresOf lists what a case wants of a library whose contiguous memory has this order.
func featuresOf(c cases.Case, order cases.Order) []feature {
	list := []feature{inputIn(c.Input)}
	add := func(wanted bool, f feature) {
		if wanted {
			list = append(list, f)
		}
	}
	add(c.Output != c.Input, outputOf(c.Input, c.Output))
	add(c.Intermediate != 0 && c.Intermediate != precision.FP32, intermediateOf(c.Input, c.Intermediate))
	add(c.Batch > 1, severalBatches)
	add(c.Heads > 1, severalHeads)
	add(c.QLen != c.KVLen, unlikeLengths)
	add(c.Mask.IsCausal(), causalMask)
	add(c.Mask.IsCausal() && c.QLen != c.KVLen, unlikeCausal)
	add(c.Mask.Kind == cases.BoolMask, boolMask)
	add(c.Mask.Kind == cases.AdditiveMask, additiveIn(c.Mask.Format))
	add(c.Mask.IsArray() && broadcasts(c), broadcastMask)
	add(c.Mask.IsArray() && (c.Mask.Pad != 0 || c.Mask.Strides.Given()), stridedMask)
	add(c.LSE, logsumexp)
	for _, o := range []cases.Operand{c.Layout.Q, c.Layout.K, c.Layout.V, c.Layout.Out} {
		add(o.Transpose, transposed)
		add(!o.Transpose && (o.Pad != 0 || o.Order != order || o.Strides.Given()), stridedOperands)
	}
	return list
}

// broadcasts reports whether the mask array has an extent of 1 where the scores have more.
func broadcasts(c cases.Case) bool {
	for i, extent := range []int{c.Batch, c.Heads, c.QLen, c.KVLen} {
		if c.Mask.Shape[i] == '1' && extent > 1 {
			return true
		}
	}
	return false
}
