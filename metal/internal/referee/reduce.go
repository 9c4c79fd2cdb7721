package referee

import "strings"

// Reduce makes a kernel smaller as long as fails reports that it still does what it is kept for.
func Reduce(k *Kernel, fails func(*Kernel) bool) *Kernel {
	for changed := true; changed; {
		changed = false
		for _, smaller := range variants(k) {
			if fails(smaller) {
				k, changed = smaller, true
				break
			}
		}
	}
	return k
}

// variants are the kernels with one statement less, or with a statement's inside in its place.
func variants(k *Kernel) []*Kernel {
	var all []*Kernel
	for _, body := range lists(k.Body) {
		all = append(all, &Kernel{k.Name, body, k.Helper})
	}
	for _, helper := range lists(k.Helper) {
		all = append(all, &Kernel{k.Name, k.Body, helper})
	}
	return all
}

func lists(nodes []*Node) [][]*Node {
	var all [][]*Node
	with := func(i int, replacement ...*Node) []*Node {
		list := append([]*Node{}, nodes[:i]...)
		return append(append(list, replacement...), nodes[i+1:]...)
	}
	for i, n := range nodes {
		all = append(all, with(i))
		if len(n.Body) > 0 && !strings.HasPrefix(n.Head, "switch") {
			all = append(all, with(i, n.Body...))
		}
		if len(n.Other) > 0 {
			all = append(all, with(i, n.Other...))
		}
		for _, body := range lists(n.Body) {
			copied := *n
			copied.Body = body
			all = append(all, with(i, &copied))
		}
		for _, other := range lists(n.Other) {
			copied := *n
			copied.Other = other
			all = append(all, with(i, &copied))
		}
	}
	return all
}
