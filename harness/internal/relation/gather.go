package relation

import "attest.example/attest/harness/internal/cases"

// along maps, for each dimension of a tensor, an index of the destination to the index of the source that it takes; nil: the
// same index. A source of extent 1 broadcasts.
type along [4][]int

func (o along) index(dimension, i int, source *cases.Tensor) int {
	if o[dimension] != nil {
		i = o[dimension][i]
	}
	return min(i, source.Shape[dimension]-1)
}

// gather copies bit patterns: dst[b,h,r,d] = src[o0[b], o1[h], o2[r], o3[d]] over the shape of dst. Both have elements
// of the same format; layouts may differ.
func gather(dst, src *cases.Tensor, size int, o along) {
	// Whole rows are copied where columns lie next to each other, in both, and keep their order.
	rows := o[3] == nil && dst.Strides[3] == 1 && src.Strides[3] == 1 && 0 < dst.Shape[3] && dst.Shape[3] <= src.Shape[3]
	for b := range dst.Shape[0] {
		sb := o.index(0, b, src)
		for h := range dst.Shape[1] {
			sh := o.index(1, h, src)
			for r := range dst.Shape[2] {
				sr := o.index(2, r, src)
				from, to := src.Index(sb, sh, sr, 0), dst.Index(b, h, r, 0)
				if rows {
					copy(dst.Data[size*to:size*(to+dst.Shape[3])], src.Data[size*from:])
					continue
				}
				for d := range dst.Shape[3] {
					i, j := size*(from+o.index(3, d, src)*src.Strides[3]), size*(to+d*dst.Strides[3])
					copy(dst.Data[j:j+size], src.Data[i:i+size])
				}
			}
		}
	}
}

// gatherValues does the same for k and v, quantised or not, whole rows at a time.
func gatherValues(dst, src *cases.Tensor, o along) {
	if !dst.Quantised() && !src.Quantised() {
		gather(dst, src, src.Format.Size(), o)
		return
	}
	for b := range dst.Shape[0] {
		for h := range dst.Shape[1] {
			for r := range dst.Shape[2] {
				dst.CopyRow(b, h, r, src, o.index(0, b, src), o.index(1, h, src), o.index(2, r, src))
			}
		}
	}
}

// gatherMask does the same for mask arrays of the same kind.
func gatherMask(dst, src *cases.MaskArray, o along) {
	size := 1
	if !src.Bool {
		size = src.Format.Size()
	}
	gather(&dst.Tensor, &src.Tensor, size, o)
}

// rearranged fills t with the base's inputs: batches, query heads, kv heads, rows and keys in another order, nil for
// the same.
func (a *application) rearranged(t *cases.Tensors, o order) {
	gather(&t.Q, &a.Tensors.Q, t.Q.Format.Size(), along{o.batches, o.heads, o.rows, nil})
	gatherValues(&t.K, &a.Tensors.K, along{o.batches, o.kvHeads, o.keys, nil})
	gatherValues(&t.V, &a.Tensors.V, along{o.batches, o.kvHeads, o.keys, nil})
	if t.Mask != nil && a.Tensors.Mask != nil && t.Mask.Bool == a.Tensors.Mask.Bool {
		gatherMask(t.Mask, a.Tensors.Mask, along{o.batches, o.heads, o.rows, o.keys})
	}
	if t.Sinks != nil && a.Tensors.Sinks != nil {
		gather(t.Sinks, a.Tensors.Sinks, 4, along{nil, o.heads, nil, nil})
	}
	if t.Ranges != nil && a.Tensors.Ranges != nil {
		gather(t.Ranges, a.Tensors.Ranges, 4, along{o.batches, nil, nil, nil})
	}
	if t.Slopes != nil && a.Tensors.Slopes != nil {
		gather(t.Slopes, a.Tensors.Slopes, 4, along{nil, o.heads, nil, nil})
	}
}

// order is the index of the base that stands at an index of a derived case.
type order struct{ batches, heads, kvHeads, rows, keys []int }

// fillRow sets all columns of one row, of a quantised operand to one value.
func fillRow(t *cases.Tensor, b, h, r int, value func() float64) {
	if t.Quantised() {
		t.SetRow(b, h, r, value())
		return
	}
	var room [256]float64
	values := room[:0]
	for range t.Shape[3] {
		values = append(values, value())
	}
	t.SetColumns(b, h, r, values)
}

func always(x float64) func() float64 { return func() float64 { return x } }

// visit visits the elements of a tensor in row-major order with their place in its data.
func visit(t *cases.Tensor, do func(b, h, r, d, index int)) {
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				index := t.Index(b, h, r, 0)
				for d := range t.Shape[3] {
					do(b, h, r, d, index)
					index += t.Strides[3]
				}
			}
		}
	}
}
