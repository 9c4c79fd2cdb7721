package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// where describes which elements are wrong, along each axis where they are not everywhere: a fact that needs no guess.
func (p *plane) where(c *cases.Case) string {
	if len(p.wrong) == len(p.got) {
		if len(p.got) == 1 {
			return "" // there is but one
		}
		return fmt.Sprintf("All %d elements of %s are wrong", len(p.got), p.title())
	}
	var sets [4][]bool
	sizes := [4]int{p.batch, p.heads, p.rows, p.columns}
	for axis := range sets {
		sets[axis] = make([]bool, sizes[axis])
	}
	for _, i := range p.wrong {
		b, h, r, d := p.place(i)
		sets[0][b], sets[1][h], sets[2][r], sets[3][d] = true, true, true, true
	}
	var parts []string
	for axis, name := range []string{"batch", "head", "row", "column"} {
		if words := axisWords(name, sets[axis]); words != "" {
			parts = append(parts, words)
		}
	}
	if words := p.diagonalWords(c); words != "" {
		parts = append(parts, words)
	}
	count := fmt.Sprintf("%d of %d elements of %s are wrong", len(p.wrong), len(p.got), p.title())
	if len(p.wrong) == 1 {
		count = fmt.Sprintf("1 of %d elements of %s is wrong", len(p.got), p.title())
	}
	if len(parts) == 0 {
		return count + ", on every batch, head, row and column"
	}
	box := 1
	for axis := range sets {
		n := 0
		for _, in := range sets[axis] {
			if in {
				n++
			}
		}
		box *= n
	}
	all := "there"
	if box == len(p.wrong) {
		all = "and everything there"
	}
	return fmt.Sprintf("%s, %s: %s", count, all, strings.Join(parts, ", "))
}

// axisWords tells a set of indices on an axis in the terms of kernels; empty: all of them, or an axis of one.
func axisWords(name string, in []bool) string {
	var list []int
	for i, yes := range in {
		if yes {
			list = append(list, i)
		}
	}
	n := len(in)
	plural := name + "s"
	if name == "batch" {
		plural = "batches"
	}
	switch {
	case n == 1 || len(list) == n:
		return ""
	case len(list) == 1:
		return fmt.Sprintf("only %s %d of %d", name, list[0], n)
	}
	first, last := list[0], list[len(list)-1]
	if name == "row" || name == "column" {
		if words := blockWords(plural, in); words != "" {
			return words
		}
	}
	if last-first+1 == len(list) {
		switch {
		case last == n-1 && first == 1:
			return fmt.Sprintf("all %s but the first", plural)
		case last == n-1:
			return fmt.Sprintf("%s from %d on", plural, first)
		case first == 0:
			return fmt.Sprintf("%s up to %d", plural, last)
		}
		return fmt.Sprintf("%s %d to %d", plural, first, last)
	}
	if step := list[1] - first; step > 1 && len(list) > 2 {
		even := true
		for i := 1; i < len(list); i++ {
			even = even && list[i]-list[i-1] == step
		}
		if even && first < step && last+step >= n {
			return fmt.Sprintf("every %s of %s, from %d on", ordinal(step), plural, first)
		}
	}
	if len(list) <= 6 {
		return fmt.Sprintf("%s %s", plural, strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]"))
	}
	return fmt.Sprintf("%d of %d %s, from %d to %d", len(list), n, plural, first, last)
}

// blockWords tells a stripe that repeats in every block: rows from 8 on of each 32. It takes two blocks to see one, the
// second at least half.
func blockWords(plural string, in []bool) string {
	for _, block := range []int{8, 16, 32, 64, 128} {
		if 2*len(in) < 3*block {
			return ""
		}
		from, to := -1, -1
		same := true
		for i, yes := range in {
			same = same && yes == in[i%block]
		}
		if !same {
			continue
		}
		for i := range block {
			if in[i] {
				if from < 0 {
					from = i
				}
				to = i
			}
		}
		if from < 0 || from == 0 && to == block-1 || slices.Contains(in[from:to+1], false) {
			continue
		}
		switch {
		case from == to:
			return fmt.Sprintf("%s %d of each block of %d", strings.TrimSuffix(plural, "s"), from, block)
		case to == block-1:
			return fmt.Sprintf("%s from %d on of each block of %d", plural, from, block)
		}
		return fmt.Sprintf("%s %d to %d of each block of %d, a stripe", plural, from, to, block)
	}
	return ""
}

func ordinal(n int) string {
	switch {
	case n%10 == 2 && n != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n != 13:
		return fmt.Sprintf("%drd", n)
	case n%10 == 1 && n != 11:
		return fmt.Sprintf("%dst", n)
	}
	return fmt.Sprintf("%dth", n)
}

// diagonalWords tells rows that are wrong exactly where a mask hides keys behind the row's diagonal from them.
func (p *plane) diagonalWords(c *cases.Case) string {
	if !c.Mask.IsCausal() && !c.Mask.IsWindow() {
		return ""
	}
	wrong := make([]bool, p.rows)
	for _, i := range p.wrong {
		_, _, r, _ := p.place(i)
		wrong[r] = true
	}
	hidden := 0
	for r := range p.rows {
		_, last := c.Span(0, r)
		if (last < c.KVLen) != wrong[r] {
			return ""
		}
		if last < c.KVLen {
			hidden++
		}
	}
	if hidden == p.rows || hidden == 0 {
		return ""
	}
	return "exactly the rows from which the mask hides later keys"
}
