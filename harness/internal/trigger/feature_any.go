package trigger

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// anyOperand are features of fields that several operands have, as layout.q.pad and layout.k.pad, or values.q and
// values.k: that any of them is so. A kernel that forgets such a thing often forgets it for all.
func anyOperand() (list []feature) {
	operands := cases.OperandNames()
	families := map[string][]*cases.Field{}
	var names []string
	for _, f := range cases.Fields() {
		parts := strings.Split(f.Name, ".")
		for i, part := range parts {
			if i > 0 && slices.Contains(operands, part) {
				parts[i] = "*"
			}
		}
		if name := strings.Join(parts, "."); name != f.Name {
			if families[name] == nil {
				names = append(names, name)
			}
			families[name] = append(families[name], f)
		}
	}
	for _, name := range names {
		if len(families[name]) > 1 {
			list = append(list, anyOf(name, families[name])...)
		}
	}
	strided := make([]string, len(operands))
	for i, o := range operands {
		strided[i] = "strided." + o
	}
	apart := []string{"columns_apart.q", "columns_apart.k", "columns_apart.v"}
	read := []string{"q", "k", "v"} // and not written, which is another piece of code as a rule
	list = append(list, feature{name: "(" + strings.Join(apart, " || ") + ")", kind: flag, group: "layout", parts: apart,
		readable: "an operand that is read with columns apart, and no further than its rows",
		get:      func(c *cases.Case) float64 { return truth(slices.ContainsFunc(read, c.ColumnsApart)) }})
	return append(list, feature{name: "(" + strings.Join(strided, " || ") + ")", kind: flag, group: "layout", parts: strided, readable: "an operand that is not packed",
		get: func(c *cases.Case) float64 { return truth(slices.ContainsFunc(operands, c.Strided)) }})
}

func anyOf(family string, fields []*cases.Field) (list []feature) {
	group := groupOf(fields[0].Name)
	what := strings.ReplaceAll(strings.TrimPrefix(family, group+"."), "*", "")
	if what = strings.Trim(what, "."); what == "" {
		what = group
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	any := func(holds func(*cases.Field, *cases.Case) bool) func(*cases.Case) float64 {
		return func(c *cases.Case) float64 {
			return truth(slices.ContainsFunc(fields, func(f *cases.Field) bool { return holds(f, c) }))
		}
	}
	switch first := fields[0]; first.Type {
	case cases.Integer:
		if first.Simple.Slack {
			list = append(list, feature{name: "max(" + strings.Join(names, ", ") + ")", kind: slack, group: group, readable: "the largest " + what,
				get: func(c *cases.Case) float64 {
					most := fields[0].Int(c)
					for _, f := range fields[1:] {
						most = max(most, f.Int(c))
					}
					return float64(most)
				}})
		}
	case cases.Flag:
		list = append(list, feature{name: "(" + strings.Join(names, " || ") + ")", kind: flag, group: group, readable: "an operand with " + what,
			get: any(func(f *cases.Field, c *cases.Case) bool { return f.Text(c) == "true" })})
	case cases.Word:
		for _, w := range first.Values {
			list = append(list, feature{name: fmt.Sprintf("%q in [%s]", w, strings.Join(names, ", ")), kind: flag, group: group,
				readable: fmt.Sprintf("an operand with %s %s", what, w),
				get:      any(func(f *cases.Field, c *cases.Case) bool { return wordIn(f, c) == w })})
		}
	}
	return list
}

// wordIn is the word that an expression sees: absence is the empty word, but where the language of expressions fills in.
func wordIn(f *cases.Field, c *cases.Case) string {
	switch {
	case !f.Absent(c):
		return f.Text(c)
	case f.Name == "mask.kind":
		return string(cases.NoMask)
	case f.Name == "intermediate":
		return "fp32"
	}
	return ""
}
