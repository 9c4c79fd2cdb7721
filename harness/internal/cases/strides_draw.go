package cases

// Ways in which strides come about. Each returns strides for a shape, larger than the shape needs.

// LongerCache is a view of a cache that has room for more rows than are used.
func LongerCache(d Dice, shape [4]int) Strides {
	shape = atLeastOne(shape)
	row := shape[3]
	head := row * (shape[2] + 1 + d.Intn(40))
	return Strides{head * (shape[1] + d.Intn(3)), head, row, 1}
}

// Fused is a part of one projection of all heads of q, k and v: rows before heads, and every row as long as all three.
func Fused(d Dice, shape [4]int) Strides {
	shape = atLeastOne(shape)
	row := shape[3] * (shape[1]*3 + d.Intn(4))
	return Strides{row * shape[2], shape[3], row, 1}
}

// Interleaved is every second row of a head's memory: k and v side by side.
func Interleaved(d Dice, shape [4]int) Strides {
	shape = atLeastOne(shape)
	row := 2 * shape[3]
	head := row * (shape[2] + d.Intn(2))
	return Strides{head * shape[1], head, row, 1}
}

// Scattered is any order of axes, with slack on each: columns next to each other or not.
func Scattered(d Dice, shape [4]int) Strides {
	shape = atLeastOne(shape)
	order := []int{0, 1, 2, 3}
	for i := range order {
		j := i + d.Intn(len(order)-i)
		order[i], order[j] = order[j], order[i]
	}
	if d.Intn(2) == 0 { // columns innermost, as most kernels want them
		for i, axis := range order {
			if axis == 3 {
				order[0], order[i] = order[i], order[0]
			}
		}
	}
	var s Strides
	far := 1
	for i, axis := range order {
		s[axis] = far
		if i > 0 || d.Intn(3) == 0 {
			s[axis] += d.Intn(7)
		}
		far += s[axis] * (shape[axis] - 1)
	}
	return s
}

// Shared is one memory for all batches, heads, or both.
func Shared(d Dice, shape [4]int) Strides {
	shape = atLeastOne(shape)
	s := LongerCache(d, shape)
	zeros := 1 + d.Intn(3)
	if shape[1] > 1 && (zeros&1 != 0 || shape[0] == 1) {
		s[1] = 0
	}
	if shape[0] > 1 && (zeros&2 != 0 || shape[1] == 1) {
		s[0] = 0
	}
	return s
}

// farApart are strides past which 31 bits of elements, or 32 of bytes, do not reach.
var farApart = []int{1<<31 + 8, 1<<31 - 8, 1 << 31, 1<<32 + 24}

// FarAlong puts the entries of an axis so far apart that the offset of the last passes 2^31 elements. An axis of one entry has
// none that is far.
func FarAlong(d Dice, shape [4]int, axis int) Strides {
	shape = atLeastOne(shape)
	s := Scattered(d, shape)
	if shape[axis] > 1 {
		s[axis] = min(farApart[d.Intn(len(farApart))], MaxSpan/32/(shape[axis]-1)) // several operands may be so
	}
	return s
}

// anyStrides is one of the ways that every operand may lie.
func anyStrides(d Dice, shape [4]int, zeroAllowed bool) Strides {
	ways := []func(Dice, [4]int) Strides{LongerCache, Fused, Interleaved, Scattered, Scattered}
	if zeroAllowed {
		ways = append(ways, Shared)
	}
	return ways[d.Intn(len(ways))](d, shape)
}

// strided lets a row of strides draw them: in few cases, and where nothing else decides how the operand lies.
func (f Field) strided(operand string) Field {
	impose := func(d Dice, c *Case) {
		if operand == "mask" {
			c.Mask.Strides = anyStrides(d, c.maskDims(), true)
			return
		}
		o := c.Layout.Operand(operand)
		*o = Operand{Offset: o.Offset, Strides: anyStrides(d, c.OperandShape(operand), operand == "k" || operand == "v")}
	}
	f.Impose = func(d Dice, c *Case) {
		if operand == "mask" {
			c.Mask.Pad = 0
		}
		impose(d, c)
	}
	f.Draw = func(d Dice, c *Case) {
		if d.Intn(100) >= 6 {
			return
		}
		if operand == "mask" {
			if c.Mask.IsArray() && c.Mask.Pad == 0 && !c.Mask.Strides.Given() {
				impose(d, c)
			}
			return
		}
		if o := c.Layout.Operand(operand); *o == (Operand{Offset: o.Offset}) {
			impose(d, c)
		}
	}
	return f
}
