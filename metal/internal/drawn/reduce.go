package drawn

import "slices"

// Reduce makes a kernel smaller as long as fails reports that it still does what it is kept for. The kernel itself is changed.
func Reduce(k *Kernel, fails func(*Kernel) bool) {
	for changed := true; changed; {
		changed = reduceLists(k, fails)
		if !changed {
			changed = reduceExpressions(k, fails)
		}
	}
}

// lists are all lists of statements of a kernel, the outermost first.
func (k *Kernel) lists() (all []*[]*stmt) {
	var add func(list *[]*stmt)
	add = func(list *[]*stmt) {
		all = append(all, list)
		for _, s := range *list {
			add(&s.body)
			add(&s.other)
		}
	}
	add(&k.body)
	used := k.used()
	for _, h := range k.helpers {
		if used[h] {
			add(&h.body)
		}
	}
	return all
}

// reduceLists leaves statements out, several at once first, or puts what is in one in its place.
func reduceLists(k *Kernel, fails func(*Kernel) bool) (changed bool) {
	for _, list := range k.lists() {
		for size := max(len(*list), 1); size > 0; size /= 2 {
			for at := 0; at+size <= len(*list); {
				before := *list
				if slices.ContainsFunc(before[at:at+size], isPinned) {
					at++
					continue
				}
				*list = slices.Concat(before[:at], before[at+size:])
				if fails(k) {
					changed = true
					continue
				}
				*list = before
				at++
			}
		}
		for at := 0; at < len(*list); at++ {
			before := *list
			for _, inside := range [][]*stmt{before[at].body, before[at].other} {
				if len(inside) == 0 || before[at].pinned {
					continue
				}
				*list = slices.Concat(before[:at], inside, before[at+1:])
				if fails(k) {
					changed = true
					break
				}
				*list = before
			}
		}
	}
	return changed
}

func isPinned(s *stmt) bool { return s.pinned }

// reduceExpressions puts parts of expressions in their place, variables and constants.
func reduceExpressions(k *Kernel, fails func(*Kernel) bool) (changed bool) {
	var in func(at **expr)
	in = func(at **expr) {
		e := *at
		if e.fixed || len(e.parts) == 0 {
			return
		}
		candidates := []*expr{}
		for _, p := range e.parts {
			if p.t == e.t {
				candidates = append(candidates, p)
			}
		}
		switch {
		case e.t.kind.floating():
			candidates = append(candidates, fnumber(e.t, 1))
		case e.t.kind != boolean:
			candidates = append(candidates, number(e.t, 0), number(e.t, 1))
		}
		for _, c := range candidates {
			*at = c
			if fails(k) {
				changed = true
				in(at)
				return
			}
			*at = e
		}
		for i := range e.parts {
			in(&e.parts[i])
		}
	}
	for _, list := range k.lists() {
		for _, s := range *list {
			for i := range s.exprs {
				in(&s.exprs[i])
			}
		}
	}
	for _, h := range k.helpers {
		if k.used()[h] {
			in(&h.last)
		}
	}
	return changed
}
