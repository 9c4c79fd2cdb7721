package mslpath

import (
	"reflect"
	"strings"
)

// knows answers paths.Knower for a manifest.
func (m *manifest) knows(what string) bool {
	field, value, later := strings.Cut(what, "=")
	switch what {
	case "quant.fill": // how scales came about is nothing that a kernel is told
		return m.reads.Names["quant.k"] || m.reads.Names["quant.v"]
	case "quant.zero_points":
		return m.reads.Names[what] || m.binds("k_zeros") || m.binds("v_zeros")
	case "paging.order", "paging.shared": // the table tells, and who has no table has all copied into one piece
		return m.reads.Names["paging.page"]
	case "alibi":
		return m.reads.Names[what] || m.binds("slopes")
	case "lengths.q", "lengths.kv", "lengths.side":
		return m.reads.Names[what] || m.binds("ranges")
	}
	if !later {
		return m.reads.Names[field] || m.binds(field) || field == "kv_offset" && m.reads.Names["diagonal"]
	}
	// A size stands in every grid: only a condition shows that a value of it was thought of.
	in := m.conditions
	if value == "0" { // "q_len <= 8" was written by someone who thought of none; "q_len >= 0" was not
		return in.Zeros[field]
	}
	return in.Names[field] && in.Texts[value]
}

// read collects what the manifest's expressions read, and what its conditions do.
func (m *manifest) read() {
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				visit(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.String:
			if source, ok := v.Interface().(text); ok {
				m.reads.Add(string(source))
			}
		}
	}
	visit(reflect.ValueOf(m.document))
	for _, p := range m.passes {
		m.reads.AddTemplate(p.kernel)
	}
	for _, s := range m.document.Supports {
		m.conditions.Add(string(s.When))
	}
}
