package predicate

import (
	"reflect"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// What a condition may name beside the fields of a case: quantities that follow from several of them. They are not in a
// Scope, whose names are its owner's.

type visible struct {
	End   int  `expr:"end"`
	None  bool `expr:"none"`
	Hides bool `expr:"hides"`
}

type before struct {
	Differs  []string `expr:"differs"`
	MoreKeys int      `expr:"more_keys"`
}

type perOperand struct {
	Q   bool `expr:"q"`
	K   bool `expr:"k"`
	V   bool `expr:"v"`
	Out bool `expr:"out"`
}

type sameStrides struct {
	KV   bool `expr:"k_v"`
	QOut bool `expr:"q_out"`
}

var conditionType = func() reflect.Type {
	fields := make([]reflect.StructField, 0, envType.NumField()+4)
	for i := range envType.NumField() {
		fields = append(fields, envType.Field(i))
	}
	fields = append(fields,
		named("DerivedCausal", "causal", reflect.TypeFor[bool]()),
		named("DerivedVisible", "visible", reflect.TypeFor[visible]()),
		named("DerivedBefore", "before", reflect.TypeFor[before]()),
		named("DerivedStrided", "strided", reflect.TypeFor[perOperand]()),
		named("DerivedSameStrides", "same_strides", reflect.TypeFor[sameStrides]()))
	return reflect.StructOf(fields)
}()

func conditionValues(c *cases.Case) any {
	env := reflect.New(conditionType).Elem()
	base := reflect.ValueOf(environment(*c))
	for i := range base.NumField() {
		env.Field(i).Set(base.Field(i))
	}
	v := c.Visible()
	for i, value := range []any{
		c.Mask.IsCausal(), visible{v.End, v.None, v.Hides}, beforeOf(c),
		perOperand{c.Strided("q"), c.Strided("k"), c.Strided("v"), c.Strided("out")},
		sameStrides{c.EffectiveStrides("k") == c.EffectiveStrides("v"), c.EffectiveStrides("q") == c.EffectiveStrides("out")},
	} {
		env.Field(base.NumField() + i).Set(reflect.ValueOf(value))
	}
	return env.Interface()
}

func beforeOf(c *cases.Case) before {
	b := before{Differs: Differs(c)}
	for i := range c.After {
		if more := c.After[i].KVLen - c.KVLen; i == 0 || more > b.MoreKeys {
			b.MoreKeys = more
		}
	}
	return b
}

// Differs names the fields in which some case that runs before differs from the case, in the order of the format.
func Differs(c *cases.Case) []string {
	var names []string
	for i := range c.After {
		for _, name := range cases.Differences(c, &c.After[i]) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
