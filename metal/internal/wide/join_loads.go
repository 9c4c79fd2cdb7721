package wide

import "fmt"

// joinLoads makes one load of those that a lane's vector of bytes or shorts was taken apart into, where lanes' vectors lie anywhere: each
// lane fetches a word that holds them all, and not each of them from its own address. It reports whether i is the first of such.
// The vector lay at a multiple of the word's size, and the word has nothing in it that the lane does not load.
func (e *emitter) joinLoads(i *inst, after []*inst) bool {
	all := e.inOneWord(i, after)
	if all == nil {
		return false
	}
	size, _, _ := e.m.layout(i.typ)
	bits := 8 * int(size) * len(all)
	word, wide, part := fmt.Sprintf("i%d", bits), fmt.Sprintf("<32 x i%d>", bits), fmt.Sprintf("<32 x i%d>", 8*size)
	_, begin := e.place(all[0].args[0])
	_, own := e.place(i.args[0])
	behind := func(bytes int64) string {
		return e.set("getelementptr i8, <32 x ptr> %s, i64 %d", e.get(i.args[0]), bytes)
	}
	for _, load := range all {
		if _, to := e.place(load.args[0]); load != i && e.hasToBeChecked(load.args[0], load.align) {
			e.checkPlaces(behind(to-own), load.align)
		}
	}
	got := e.set("call %s @%s(<32 x ptr> %s, i32 %s)", wide, e.gather(word, bits/8, true), behind(begin-own), e.active)
	e.Gathers++
	for n, load := range all {
		e.skip[load] = load != i
		x := got
		if n > 0 {
			x = e.set("lshr %s %s, splat (%s %d)", wide, got, word, 8*int(size)*n)
		}
		x = e.set("trunc %s %s to %s", wide, x, part)
		if w := wideType(i.typ); w != part {
			x = e.set("bitcast %s %s to %s", part, x, w)
		}
		e.put(load, x)
	}
	return true
}

// inOneWord are the loads that together with i fill a word, in ascending order; nil where there are none, or something that may
// write stands between.
func (e *emitter) inOneWord(i *inst, after []*inst) []*inst {
	size, _, _ := e.m.layout(i.typ)
	if size > 4 {
		return nil
	}
	root, own := e.place(i.args[0])
	at := map[int64]*inst{own: i}
	for _, other := range after {
		switch other.op {
		case "store", "call", "atomicrmw", "cmpxchg", "fence":
			return wordAround(own, at, size)
		case "load":
			r, to := e.place(other.args[0])
			if r == root && other.typ == i.typ && at[to] == nil && !e.skip[other] && e.isPlainGather(other) {
				at[to] = other
			}
		}
	}
	return wordAround(own, at, size)
}

// isPlainGather reports whether a load is one from lanes' own addresses.
func (e *emitter) isPlainGather(i *inst) bool {
	if i.atomic || i.volatile || !e.differs(i.args[0]) || e.d.private[i.args[0].text] != "" {
		return false
	}
	_, straight := e.straightOf(i.args[0], e.block)
	return !straight
}

// wordAround are the elements of the largest word around one of the loads at these offsets, all of whose bytes are loaded: eight or
// four of them, at an address that is a multiple of that.
func wordAround(own int64, at map[int64]*inst, size int64) []*inst {
	for _, bytes := range []int64{8, 4} {
		for begin := own; begin > own-bytes; begin -= size {
			var all []*inst
			for to := begin; to < begin+bytes && at[to] != nil; to += size {
				all = append(all, at[to])
			}
			if len(all) > 1 && int64(len(all))*size == bytes && int64(all[0].align)%bytes == 0 {
				return all
			}
		}
	}
	return nil
}
