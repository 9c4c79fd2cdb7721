package predicate

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
)

func decode(t *testing.T, text string) cases.Case {
	t.Helper()
	c, err := cases.Decode([]byte(text))
	require.NoError(t, err)
	return c
}

func TestMatch(t *testing.T) {
	plain := decode(t, `{"version":1,"batch":1,"heads":4,"q_len":5,"kv_len":7,"head_dim":16,"input":"fp32"}`)
	rich := decode(t, `{"version":1,"batch":2,"heads":4,"kv_heads":2,"q_len":5,"kv_len":7,"head_dim":16,"input":"bf16","output":"fp32",
		"scale":0.5,"lse":true,"mask":{"kind":"causal","align":"bottom-right"},"layout":{"k":{"order":"BSHD","pad":3}},
		"values":{"q":"huge"},"after":[{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":1,"head_dim":1,"input":"fp16"}]}`)
	for source, want := range map[string][2]bool{ // of plain, of rich
		`q_len != kv_len && batch * heads > 4`:      {false, true},
		`mask.kind == "none"`:                       {true, false},
		`mask.kind in ["none", "causal"]`:           {true, true},
		`mask.align == "bottom-right"`:              {false, true},
		`input == "fp32" && output == "fp32"`:       {true, false},
		`intermediate == "fp32"`:                    {true, true},
		`scale == 0.25`:                             {true, false},
		`scale == 0.5`:                              {false, true},
		`group == 2 && kv_heads == 2`:               {false, true},
		`layout.k.order == "BSHD"`:                  {false, true},
		`layout.k.pad + layout.q.pad == 3`:          {false, true},
		`stride.k.row > head_dim`:                   {false, true}, // BSHD: of two heads, each padded
		`stride.k.row == 38 && stride.k.head == 19`: {false, true},
		`stride.q.row == 16 && stride.q.col == 1`:   {true, true},
		`stride.v.batch == kv_heads * 7 * 16`:       {true, true},
		`values.q == "normal"`:                      {true, false},
		`lse`:                                       {false, true},
		`after == 1`:                                {false, true},
		`head_dim % 64 in 1..16 && kv_len % 8 == 7`: {true, true},
	} {
		p, err := Compile(source)
		require.NoError(t, err, source)
		for i, c := range []cases.Case{plain, rich} {
			got, err := p.Match(c)
			require.NoError(t, err, source)
			require.Equal(t, want[i], got, "%s, case %d", source, i)
		}
	}
}

func TestWrongExpressions(t *testing.T) {
	for source, words := range map[string]string{
		"q_length > 3":      "column 1: unknown name q_length",
		"mask.knd == 'x'":   "column 6: type struct",
		"q_len > 'a'":       "invalid operation",
		"q_len":             "expected bool",
		"q_len >":           "unexpected token",
		`input == 3`:        "invalid operation",
		`head_dim % 8.5==0`: "invalid operation",
	} {
		_, err := Compile(source)
		require.ErrorContains(t, err, words, source)
	}
}

func TestScope(t *testing.T) {
	c := decode(t, `{"version":1,"batch":1,"heads":4,"q_len":5,"kv_len":7,"head_dim":16,"input":"fp32"}`)
	type strides struct {
		Row int `expr:"row"`
	}
	s := NewScope(Variable{"stride", strides{}})
	require.NoError(t, s.Let("type", `input == "fp32" ? "float" : "half"`))
	require.NoError(t, s.Let("tiles", `ceil_div(kv_len, 4)`))
	require.ErrorContains(t, s.Let("tiles", "1"), "taken already")
	require.ErrorContains(t, s.Let("a b", "1"), "want letters")
	require.ErrorContains(t, s.Let("mixed", `q_len > 1 ? 1 : "a"`), "depends on the case")
	values, err := s.Values(c, strides{Row: 19})
	require.NoError(t, err)

	name, err := s.Template("sdpa_{type}_{head_dim}_{tiles + stride.row}")
	require.NoError(t, err)
	text, err := name.Text(values)
	require.NoError(t, err)
	require.Equal(t, "sdpa_float_16_21", text)

	for source, want := range map[string]int{"round_up(q_len, 4)": 8, "int(q_len / 2)": 2, "tiles * 2": 4, "stride.row": 19} {
		e, err := s.Compile(source, reflect.Int)
		require.NoError(t, err, source)
		n, err := e.Int(values)
		require.NoError(t, err, source)
		require.Equal(t, want, n, source)
	}
	for source, words := range map[string]string{
		"q_len / 2": "want an integer", "type": "want an integer", "stride.rows": "stride.rows", "ceil_div(1)": "not enough arguments",
	} {
		_, err := s.Compile(source, reflect.Int)
		require.ErrorContains(t, err, words, source)
	}
	_, err = s.Template("a{b")
	require.ErrorContains(t, err, "without its }")
	zero, err := s.Compile("ceil_div(q_len, q_len - 5)", reflect.Int)
	require.NoError(t, err)
	_, err = zero.Int(values)
	require.ErrorContains(t, err, "division by a number below 1")
}

func TestEveryFieldOfACaseHasAName(t *testing.T) {
	for i := range caseType.NumField() {
		f := caseType.Field(i)
		_, name, ok := member(caseType, i)
		_, there := envType.FieldByName(f.Name)
		require.Equal(t, ok || f.Name == "After", there, "%s, in JSON %q", f.Name, name)
	}
}
