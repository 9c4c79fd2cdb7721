package cases

import (
	"encoding/binary"
	"fmt"

	"attest.example/attest/harness/internal/precision"
)

// Lengths are how much of q_len and kv_len each batch entry uses. What an entry does not use is padding: no row sees a
// padding key, and a padding row sees no key. Masks count from the first used row and key of an entry, so each has a
// diagonal of its own: bottom-right is where its last used row meets its last used key.
type Lengths struct {
	// Q and KV say how the used rows and keys of each entry are drawn.
	Q  LengthFill `json:"q,omitzero"`
	KV LengthFill `json:"kv,omitzero"`
	// Side is where the used rows and keys lie: from the first on (padding right, the default) or up to the last.
	Side LengthSide `json:"side,omitzero"`
	// Packed is how many entries lie one behind the other in the rows and keys of every batch, as a ragged batch does that is
	// given by cumulative lengths. Some have no row, some no key. 0: each batch is one entry.
	Packed int `json:"packed,omitzero"`
}

// LengthFill is how lengths are drawn.
type LengthFill string

// The fills.
const (
	FullLengths   LengthFill = "full"
	RandomLengths LengthFill = "random" // from 1 on; the first entry of several is full
	EmptyLengths  LengthFill = "empty"  // random, but the last entry, and about one in three, uses none
)

// LengthSide is where the used part lies.
type LengthSide string

// The sides.
const (
	FromFirst LengthSide = "right" // padding right
	UpToLast  LengthSide = "left"  // padding left
)

// MaxPacked bounds the entries of a packed batch.
const MaxPacked = 64

// Entry is a used range of rows and of keys.
type Entry struct{ QBegin, QEnd, KVBegin, KVEnd int }

// Ragged reports whether batch entries have lengths of their own.
func (c *Case) Ragged() bool { return c.Lengths != Lengths{} }

// EntriesPerBatch is how many ranges of rows and keys a batch has.
func (c *Case) EntriesPerBatch() int { return max(c.Lengths.Packed, 1) }

// Entries returns the used ranges of a batch, in order.
func (c *Case) Entries(batch int) []Entry {
	l, s := &c.Lengths, newStream(c.Values.Seed, streamLengths)
	if l.Packed > 0 {
		list := make([]Entry, l.Packed)
		q, kv := cuts(s, uint64(batch)<<32, l.Packed, c.QLen), cuts(s, uint64(batch)<<32|1<<31, l.Packed, c.KVLen)
		for i := range list {
			list[i] = Entry{q[i], q[i+1], kv[i], kv[i+1]}
		}
		return list
	}
	n, m := c.used(s, l.Q, batch, 2*uint64(batch), c.QLen), c.used(s, l.KV, batch, 2*uint64(batch)+1, c.KVLen)
	if l.Side == UpToLast {
		return []Entry{{c.QLen - n, c.QLen, c.KVLen - m, c.KVLen}}
	}
	return []Entry{{0, n, 0, m}}
}

func (c *Case) used(s stream, fill LengthFill, batch int, index uint64, n int) int {
	switch {
	case fill == "" || n == 0:
		return n
	case fill == EmptyLengths && (batch == c.Batch-1 || s.below(1<<60+index, 3) == 0):
		return 0
	case batch == 0 && c.Batch > 1:
		return n
	}
	return 1 + s.below(index, n)
}

// cuts divides n into parts of random sizes, about one in six of them empty.
func cuts(s stream, at uint64, parts, n int) []int {
	weights, total := make([]int, parts), 0
	for i := range weights {
		if s.below(1<<61+at+uint64(i), 6) > 0 {
			weights[i] = 1 + s.below(1<<62+at+uint64(i), 64)
		}
		total += weights[i]
	}
	list, sum := make([]int, parts+1), 0
	for i, w := range weights {
		sum += w
		list[i+1] = n
		if i+1 < parts {
			list[i+1] = n * sum / max(total, 1)
		}
	}
	return list
}

// entryOf finds the entry that a row belongs to; false: it is padding.
func entryOf(list []Entry, row int) (Entry, bool) {
	for _, e := range list {
		if row >= e.QBegin && row < e.QEnd {
			return e, true
		}
	}
	return Entry{}, false
}

// placeIn is the key at which a row of an entry stands.
func (c *Case) placeIn(e Entry, row int) int {
	place := e.KVBegin + row - e.QBegin
	if c.Mask.Align == BottomRight {
		return place + (e.KVEnd - e.KVBegin) - (e.QEnd - e.QBegin)
	}
	return place + c.KVOffset
}

func (c *Case) rangesLayout() *Tensor {
	n := c.EntriesPerBatch()
	t := layout(Operand{}, precision.FP32, c.Batch, n, 1, 4)
	return &t
}

// fillRanges stores the entries as little-endian int32: q_begin, q_end, kv_begin, kv_end.
func (c *Case) fillRanges(t *Tensor) {
	for b := range c.Batch {
		for i, e := range c.Entries(b) {
			storeEntry(t, b, i, e)
		}
	}
}

func storeEntry(t *Tensor, batch, i int, e Entry) {
	at := 4 * t.Index(batch, i, 0, 0)
	for j, x := range [4]int{e.QBegin, e.QEnd, e.KVBegin, e.KVEnd} {
		binary.LittleEndian.PutUint32(t.Data[at+4*j:], uint32(x))
	}
}

// SetEntry stores what an entry of a batch uses, in place of what the case draws, as its values may be others.
func (t *Tensors) SetEntry(batch, i int, e Entry) { storeEntry(t.Ranges, batch, i, e) }

// EntriesIn reads the entries of a batch from memory.
func (t *Tensors) EntriesIn(batch int) []Entry {
	if t.Ranges == nil {
		return nil
	}
	list := make([]Entry, t.Ranges.Shape[1])
	for i := range list {
		at := 4 * t.Ranges.Index(batch, i, 0, 0)
		x := func(j int) int { return int(int32(binary.LittleEndian.Uint32(t.Ranges.Data[at+4*j:]))) }
		list[i] = Entry{x(0), x(1), x(2), x(3)}
	}
	return list
}

var (
	lengthFills = []LengthFill{FullLengths, RandomLengths, EmptyLengths}
	lengthSides = []LengthSide{FromFirst, UpToLast}
)

func isPadded(c *Case) bool    { return c.Lengths.Q != "" || c.Lengths.KV != "" }
func isNotPacked(c *Case) bool { return c.Lengths.Packed == 0 }

// lengthFields are the rows of the lengths of batch entries.
func lengthFields() []Field {
	const unknown = "lengths: every batch entry uses all rows and keys"
	fill := func(name, help string, at func(*Case) *LengthFill) Field {
		return wordField(name, help, at, isFirst, lengthFills, []LengthFill{"", RandomLengths, EmptyLengths}).
			otherwise("full").only("entries that are not packed", isNotPacked).refused(unknown).
			plain(func(c *Case) {
				*at(c) = ""
				if !isPadded(c) {
					c.Lengths.Side = ""
				}
			})
	}
	packed := integerField("lengths.packed", "entries one behind the other in the rows and keys of a batch; 0: not packed", 0, MaxPacked,
		func(c *Case) *int { return &c.Lengths.Packed }).slack(func(c *Case) *int { return &c.Lengths.Packed }).
		otherwise("0").usual(9).refused(unknown).
		told(func(c *Case) string {
			switch l := &c.Lengths; {
			case l.Packed > 0:
				return fmt.Sprintf(", %d entries packed in each", l.Packed)
			case isPadded(c):
				words := ", used lengths"
				if l.Q != "" {
					words += " of q " + string(l.Q)
				}
				if l.KV != "" {
					words += " of kv " + string(l.KV)
				}
				if l.Side == UpToLast {
					words += ", padding left"
				}
				return words
			}
			return ""
		}).
		drawn(drawPacked,
			Region{Name: "packed", Bugs: []int{89}, Summary: "a ragged batch: entries one behind the other, given by cumulative lengths",
				Holds: func(c *Case) bool { return c.Lengths.Packed > 1 }},
			Region{Name: "packed-causal", Bugs: []int{89}, Summary: "a ragged batch under a causal mask, whose diagonal each entry has for itself",
				Holds: func(c *Case) bool { return c.Lengths.Packed > 1 && c.Mask.IsCausal() }},
			Region{Name: "packed-no-keys", Bugs: []int{90}, Summary: "an entry of a ragged batch with rows and no keys",
				Holds: func(c *Case) bool { return c.Lengths.Packed > 0 && c.someEntry(Entry.hasNoKeys) }})
	q := fill("lengths.q", "how many rows of each batch entry are used", func(c *Case) *LengthFill { return &c.Lengths.Q }).drawn(drawQLengths,
		Region{Name: "lengths-of-q", Bugs: []int{89}, Summary: "batch entries that use some of the rows",
			Holds: func(c *Case) bool { return c.Lengths.Q != "" && c.Batch > 1 && c.QLen > 1 }})
	kv := fill("lengths.kv", "how many keys of each batch entry are used", func(c *Case) *LengthFill { return &c.Lengths.KV }).drawn(drawKVLengths,
		Region{Name: "lengths-of-kv", Bugs: []int{89}, Summary: "batch entries that use some of the keys",
			Holds: func(c *Case) bool { return c.Lengths.KV != "" && c.Batch > 1 && c.KVLen > 1 }},
		Region{Name: "lengths-no-keys", Bugs: []int{90}, Summary: "a batch entry with rows and no keys",
			Holds: func(c *Case) bool { return c.Lengths.KV != "" && c.someEntry(Entry.hasNoKeys) }},
		Region{Name: "lengths-decode", Bugs: []int{89, 93}, Summary: "one to 8 rows bottom-right over keys that each batch entry has its own number of",
			Holds: func(c *Case) bool {
				return c.Lengths.KV != "" && c.Lengths.Q == "" && c.Batch > 1 && c.QLen <= 8 && c.Mask.IsCausal() && c.Mask.Align == BottomRight
			}})
	side := wordField("lengths.side", "where padding lies", func(c *Case) *LengthSide { return &c.Lengths.Side }, isFirst, lengthSides,
		[]LengthSide{"", UpToLast}).otherwise("right").only("used lengths", isPadded).refused(unknown).
		plain(func(c *Case) { c.Lengths.Side = "" }).drawn(drawSide,
		Region{Name: "lengths-left", Bugs: []int{89}, Summary: "padding on the left: entries use the last keys",
			Holds: func(c *Case) bool { return c.Lengths.Side == UpToLast && c.Lengths.KV != "" && c.KVLen > 1 }})
	return []Field{packed, q.opened(Opening{Batches: 2}), kv.opened(Opening{Batches: 2, With: "lengths.q"}),
		side.opened(Opening{Batches: 2, Make: func(_ Dice, c *Case) { c.Lengths = Lengths{KV: RandomLengths} }})}
}

func (e Entry) hasNoKeys() bool { return e.QEnd > e.QBegin && e.KVEnd == e.KVBegin }

func (c *Case) someEntry(is func(Entry) bool) bool {
	for b := range c.Batch {
		for _, e := range c.Entries(b) {
			if is(e) {
				return true
			}
		}
	}
	return false
}

func drawPacked(d Dice, c *Case) {
	if !isPadded(c) && d.Intn(100) < 4 {
		c.Lengths.Packed = 1 + d.Intn(7)
	}
}

func drawQLengths(d Dice, c *Case) {
	if c.Lengths.Packed == 0 && c.Batch > 1 && d.Intn(100) < 3 {
		c.Lengths.Q = lengthFills[1+d.Intn(2)]
	}
}

func drawKVLengths(d Dice, c *Case) {
	if c.Lengths.Packed == 0 && c.Batch > 1 && d.Intn(100) < 6 {
		c.Lengths.KV = lengthFills[1+d.Intn(2)]
	}
}

func drawSide(d Dice, c *Case) {
	if isPadded(c) && d.Intn(3) == 0 {
		c.Lengths.Side = UpToLast
	}
}
