package gen

// blocks are the tile edges of kernels: rows or keys that a simdgroup, a threadgroup or a traversal step takes.
var blocks = []int{8, 16, 32, 64, 128}

// nearBlock returns a length beside a multiple of a block: one less, the multiple itself or one more, at most limit.
func nearBlock(d dice, limit int) int {
	block := pick(d, blocks...)
	for block > limit && block > blocks[0] {
		block /= 2
	}
	multiple := block * d.spread(1, max(1, min(limit/block, 12)))
	return min(max(multiple+d.between(-1, 1), 1), limit)
}

// anyQ returns a number of query rows, at most limit.
func anyQ(d dice, limit int) int {
	n := weigh(d, []choice[func() int]{
		{9, func() int { return 1 }},
		{14, func() int { return d.between(2, 8) }},
		{6, func() int { return 9 }},
		{44, func() int { return nearBlock(d, min(limit, 160)) }},
		{27, func() int { return d.spread(2, 200) }},
	})()
	return clampDraw(d, n, limit)
}

// anyKV returns a number of keys for so many rows, at most limit.
func anyKV(d dice, q, limit int) int {
	n := weigh(d, []choice[func() int]{
		{20, func() int { return q }},
		{8, func() int { return max(1, q+d.between(-3, 3)) }},
		{6, func() int { return d.between(1, 8) }},
		{42, func() int { return nearBlock(d, min(limit, 520)) }},
		{24, func() int { return d.spread(2, 800) }},
	})()
	return clampDraw(d, n, limit)
}

// edgeQ and edgeKV give lengths beside a block edge, and nothing else.
func edgeQ(d dice, limit int) int     { return nearBlock(d, min(limit, 200)) }
func edgeKV(d dice, _, limit int) int { return nearBlock(d, min(limit, 700)) }

// smallQ and smallKV give lengths of a few blocks at most.
func smallQ(d dice, limit int) int     { return clampDraw(d, anyQ(d, 48), limit) }
func smallKV(d dice, q, limit int) int { return clampDraw(d, anyKV(d, q, 96), limit) }

// fewRows and longKV give the lengths of the long preset.
func fewRows(d dice, limit int) int { return min(pick(d, 1, 1, 2, 2, 3, 4, 5), limit) }
func longKV(d dice, _, limit int) int {
	return min(weigh(d, []choice[int]{
		{3, 32769}, {1, 32770}, {2, 32768 + 128}, {2, 32768 + 129}, {2, 32768 + 63}, {4, d.between(32769, 34000)},
		{3, d.between(34000, 40000)},
	}), limit)
}

// clampDraw returns n, or where that is past the limit a length up to it, drawn again.
func clampDraw(d dice, n, limit int) int {
	if n <= limit {
		return n
	}
	if d.chance(50) {
		return nearBlock(d, limit)
	}
	return d.spread(max(1, limit/2), limit)
}

var commonDims = []choice[int]{
	{16, 64}, {10, 128}, {8, 32}, {4, 8}, {4, 16}, {2, 24}, {4, 40}, {2, 48}, {2, 72}, {4, 80}, {4, 96}, {2, 112},
	{2, 160}, {2, 192}, {4, 256},
}

// anyHeadDim returns a head_dim: the ones that models have, the ones beside a multiple of 8, the rest.
func anyHeadDim(d dice) int {
	return weigh(d, []choice[func() int]{
		{60, func() int { return weigh(d, commonDims) }},
		{20, func() int { return oddHeadDim(d) }},
		{12, func() int { return d.between(1, 256) }},
		{8, func() int { return d.between(1, 8) }},
	})()
}

// oddHeadDim returns a head_dim beside a multiple of 8 or of a vector.
func oddHeadDim(d dice) int {
	return pick(d, 1, 2, 3, 4, 5, 7, 9, 12, 15, 17, 20, 31, 33, 36, 63, 65, 95, 97, 100, 127, 129, 191, 193, 200, 255)
}

func smallHeadDim(d dice) int { return pick(d, 1, 3, 4, 8, 8, 16, 16, 20, 32, 32, 40, 64) }

func largeHeadDim(d dice) int { return pick(d, 64, 80, 96, 128, 128, 129, 160, 192, 200, 256, 256) }

// headCount is a number of query heads over a number of kv heads.
type headCount struct{ heads, kv int }

var headCounts = []choice[headCount]{
	{7, headCount{1, 1}}, {12, headCount{2, 2}}, {8, headCount{3, 3}}, {8, headCount{4, 4}}, {2, headCount{5, 5}},
	{8, headCount{2, 1}}, {4, headCount{3, 1}}, {8, headCount{4, 2}}, {6, headCount{4, 1}}, {5, headCount{6, 2}},
	{4, headCount{6, 3}}, {2, headCount{5, 1}}, {4, headCount{8, 8}}, {4, headCount{8, 2}}, {3, headCount{8, 1}},
	{2, headCount{8, 4}}, {1, headCount{12, 4}}, {1, headCount{14, 2}}, {1, headCount{12, 12}}, {1, headCount{12, 1}}, {1, headCount{15, 3}},
	{1, headCount{16, 4}}, {1, headCount{32, 8}},
}

// headsUpTo returns heads of at most so many, grouped or not as asked.
func headsUpTo(d dice, limit int, grouped bool) headCount {
	var kept []choice[headCount]
	for _, c := range headCounts {
		if h := c.value; h.heads <= limit && (h.heads != h.kv) == grouped {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return headCount{1, 1}
	}
	return weigh(d, kept)
}

var batches = []choice[int]{{22, 1}, {52, 2}, {18, 3}, {6, 4}, {1, 5}, {1, manyBatches}}

// manyBatches stands for a batch as servers have it, past what one simdgroup or an unrolled loop counts.
const manyBatches = 0

func anyBatch(d dice) int {
	if n := weigh(d, batches); n != manyBatches {
		return n
	}
	return d.between(6, 40)
}
