package mslpath

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

var tensorNames = []string{"q", "k", "v", "mask", "out", "lse", "k_scales", "k_zeros", "v_scales", "v_zeros", fullMask,
	"sinks", "slopes", "ranges", "table", "kv", "qkv"}

func (m *manifest) binding(l *loader, path string, b *binding, scratches map[string]bool, taken map[string]string) compiledBinding {
	c := compiledBinding{path: path, tensor: b.Tensor, copied: m.copying(l, path, b), scratch: b.Scratch, null: b.Null}
	kinds := 0
	for _, given := range []bool{b.Tensor != "", b.Type != "", len(b.Struct) > 0, b.Scratch != "", b.Threadgroup != "", b.Null} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		l.wrong(path, "want one of tensor, type (with value), struct, scratch, threadgroup and null; %d are given", kinds)
	}
	table := "buffer"
	if b.Threadgroup != "" {
		table = "threadgroup"
	}
	switch {
	case b.Index == nil:
		l.wrong(path+".index", "is missing; want the n of [[%s(n)]]", table)
	case *b.Index < 0 || *b.Index > 30:
		l.wrong(path+".index", "%d: want 0 to 30", *b.Index)
	default:
		c.index = uint32(*b.Index)
		slot := fmt.Sprintf("%s(%d)", table, *b.Index)
		if other, there := taken[slot]; there && b.When == "" {
			l.wrong(path+".index", "%s is bound by %s already", slot, other)
		}
		if b.When == "" {
			taken[slot] = path
		}
	}
	c.when = m.optional(l, path+".when", b.When, reflect.Bool)
	c.offset = m.optional(l, path+".offset", b.Offset, reflect.Int)
	if c.offset != nil && b.Tensor == "" && b.Scratch == "" {
		l.wrong(path+".offset", "only a tensor or a scratch buffer has one")
	}
	if b.Tensor != "" && !slices.Contains(tensorNames, b.Tensor) {
		l.wrong(path+".tensor", "%q: want one of %s", b.Tensor, strings.Join(tensorNames, ", "))
	}
	if b.Scratch != "" && !scratches[b.Scratch] {
		l.wrong(path+".scratch", "%q: want one of %v", b.Scratch, slices.Sorted(maps.Keys(scratches)))
	}
	if b.Type == "" && b.Value != "" {
		l.wrong(path+".type", "is missing; want the value's type: %s", typeNames)
	}
	switch {
	case b.Type != "":
		c.scalars = []scalar{m.scalar(l, path, b.Type, b.Value, 0)}
		c.scalars[0].count = anyCount
	case len(b.Struct) > 0:
		c.isStruct = true
		for i, f := range b.Struct {
			at := fmt.Sprintf("%s.struct[%d]", path, i)
			s := m.scalar(l, at, f.Type, f.Value, f.Count)
			s.name = f.Name
			if f.Count < 0 || f.Count > 1024 {
				l.wrong(at+".count", "%d: want 1 to 1024, or none", f.Count)
			}
			c.scalars = append(c.scalars, s)
		}
	}
	c.threadgroup = m.optional(l, path+".threadgroup", b.Threadgroup, reflect.Int)
	return c
}
