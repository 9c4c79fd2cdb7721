package mslpath

import (
	"reflect"
	"strings"
)

// knows answers paths.Knower for a manifest.
func (m *manifest) knows(what string) bool {
	field, value, later := strings.Cut(what, "=")
	if !later {
		return m.reads.Names[field] || m.binds(field) || field == "kv_offset" && m.reads.Names["diagonal"]
	}
	// A number stands in every manifest somewhere, and a size in every grid: only a condition shows that it was thought of.
	in := m.conditions
	if !in.Names[field] {
		return false
	}
	return isNumber(value) || in.Texts[value]
}

func isNumber(value string) bool { return strings.Trim(value, "-0123456789") == "" }

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
