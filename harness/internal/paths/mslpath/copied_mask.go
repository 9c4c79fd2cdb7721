package mslpath

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// copiedMask copies the mask array, or writes out the full mask.
func (c *call) copiedMask(name string, k *copying) (*copyOf, bool, error) {
	array, one := c.tensors.Mask, c.problem
	shape := [4]int{}
	switch {
	case name == fullMask && one.Mask.Kind == "" || name == "mask" && array == nil:
		return nil, false, nil
	case name == "mask":
		shape = array.Shape
	case array != nil:
		shape = [4]int{array.Shape[0], array.Shape[1], one.QLen, one.KVLen}
	default:
		shape = [4]int{1, 1, one.QLen, one.KVLen}
	}
	format, isBool := k.maskFormat(array)
	size := format.Size()
	if isBool {
		size = 1
	}
	made := &cases.MaskArray{Tensor: k.layout(format, shape), Bool: isBool}
	copy := &copyOf{tensor: made.Tensor}
	if err := c.room(copy, size); err != nil {
		return nil, false, err
	}
	made.Data = copy.tensor.Data
	row := fullRows(one.Rows(c.tensors))
	if name == "mask" {
		row = arrayRows(array)
	}
	fillMask(made, row)
	return copy, true, nil
}

// maskFormat is what the entries of a mask's copy are: bools, or numbers of a format.
func (k *copying) maskFormat(array *cases.MaskArray) (format precision.Format, isBool bool) {
	if k.as == "bool" || k.as == "" && array != nil && array.Bool {
		return precision.FP32, true
	}
	own := precision.FP32
	if array != nil {
		own = array.Format
	}
	return k.format(own), false
}

// maskRow puts what the mask adds to the logits of a row into bias.
type maskRow func(b, h, r int, bias []float64)

func arrayRows(array *cases.MaskArray) maskRow {
	return func(b, h, r int, bias []float64) {
		for key := range bias {
			bias[key] = array.Bias(b, h, r, key)
		}
	}
}

func fullRows(rows *cases.MaskRows) maskRow {
	return func(b, h, r int, bias []float64) {
		first, last := rows.Row(b, h, r, bias)
		for key := range bias {
			if key < first || key >= last {
				bias[key] = math.Inf(-1)
			}
		}
	}
}

// fillMask writes every row of a mask's copy.
func fillMask(made *cases.MaskArray, row maskRow) {
	bias := make([]float64, made.Shape[3])
	for b := range made.Shape[0] {
		for h := range made.Shape[1] {
			for r := range made.Shape[2] {
				row(b, h, r, bias)
				for key, x := range bias {
					switch {
					case !made.Bool:
						made.SetBias(b, h, r, key, x)
					case math.IsInf(x, -1):
						made.Data[made.Index(b, h, r, key)] = 0
					default: // a bool is 0 or 1, no other bits
						made.Data[made.Index(b, h, r, key)] = 1
					}
				}
			}
		}
	}
}
