package mslpath

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
)

const kernel = `#include <metal_stdlib>
using namespace metal;
constant bool wanted [[function_constant(3)]];
struct parameters { float scale; ulong pair[2]; };
kernel void twice(device float *out [[buffer(0)]], constant int &rows [[buffer(1)]],
    constant parameters &p [[buffer(2)]], device float *partial [[buffer(3)]], uint i [[thread_position_in_grid]]) {
  out[i] = wanted ? rows : p.scale + partial[i];
}
`

const manifestText = `layout = "strided"
[text]
sources = ["k.metal"]

[[let]]
name = "rows"
value = "q_len * heads"

[[supports]]
when = "input == 'fp32'"

[[scratch]]
name = "partial"
bytes = "rows * 4"

[[pass]]
kernel = "twice"
grid = ["rows", 2]
threadgroup = [32]
constant = [ { index = 3, type = "bool", value = "lse" } ]
bind = [
  { index = 0, tensor = "out" },
  { index = 1, type = "int", value = "q_len" },
  { index = 2, struct = [ { name = "scale", type = "float", value = "scale" }, { type = "ulong", value = "[1, 2]", count = 2 } ] },
  { index = 3, scratch = "partial", offset = 16 },
]
`

func write(t *testing.T, manifest string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "k.metal"), []byte(kernel), 0o644))
	file := filepath.Join(dir, "m.toml")
	require.NoError(t, os.WriteFile(file, []byte(manifest), 0o644))
	return file
}

func TestLoad(t *testing.T) {
	m, err := load(write(t, manifestText), "")
	require.NoError(t, err)
	require.Len(t, m.passes, 1)
	require.Len(t, m.passes[0].bindings, 4)
}

// An error of a manifest names the file, the line, the column and the field.
func TestWrongManifests(t *testing.T) {
	for name, x := range map[string]struct{ find, replace, words string }{
		"syntax":                  {`[text]`, `[text`, ":2:"},
		"unknown field":           {`grid = ["rows", 2]`, `gird = ["rows", 2]`, ":18:1: pass.gird: unknown field"},
		"wrong type":              {`sources = ["k.metal"]`, `sources = 3`, ":3:"},
		"unknown layout":          {`layout = "strided"`, `layout = "bshd"`, `:1:10: layout: "bshd": want contiguous or strided`},
		"no such text":            {`k.metal`, `l.metal`, ":3:12: text.sources[0]: open "},
		"misspelt name":           {`"q_len * heads"`, `"q_len * head"`, `:7:9: let[0].value: expression "q_len * head": column 9: unknown name head`},
		"let twice":               {`name = "rows"`, `name = "q_len"`, "let[0].value: name \"q_len\" is taken already"},
		"condition":               {`"input == 'fp32'"`, `"input"`, ":10:8: supports[0].when: "},
		"no condition":            {`when = "input == 'fp32'"`, `why = "x"`, "supports[0].when: is missing"},
		"float grid":              {`"rows", 2`, `"rows / 2", 2`, `:18:9: pass[0].grid[0]: expression "rows / 2": is float64; want an integer`},
		"text for a number":       {`"rows", 2`, `"input", 2`, ":18:9: pass[0].grid[0]: "},
		"four numbers":            {`"rows", 2`, `1, 1, 1, 1`, "pass[0].grid: has 4 numbers; want 1 to 3"},
		"no grid":                 {`grid = ["rows", 2]`, ``, ":16:3: pass[0]: want grid (in threadgroups) or threads"},
		"kernel's braces":         {`kernel = "twice"`, `kernel = "twice_{q_len"`, ":17:10: pass[0].kernel: "},
		"kernel's names":          {`kernel = "twice"`, `kernel = "twice_{tipe}"`, "unknown name tipe"},
		"unknown tensor":          {`tensor = "out"`, `tensor = "o"`, `:22:25: pass[0].bind[0].tensor: "o": want one of q, k, v, mask, out, lse`},
		"unknown type":            {`type = "int"`, `type = "integer"`, `:23:23: pass[0].bind[1].type: "integer": want one of `},
		"two kinds":               {`tensor = "out"`, `tensor = "out", null = true`, "pass[0].bind[0]: want one of tensor, type (with value), struct, scratch, threadgroup and null; 2 are given"},
		"slot twice":              {`{ index = 1,`, `{ index = 0,`, "pass[0].bind[1].index: buffer(0) is bound by pass[0].bind[0] already"},
		"no slot":                 {`{ index = 1,`, `{`, "pass[0].bind[1].index: is missing"},
		"slot 31":                 {`{ index = 1,`, `{ index = 31,`, "31: want 0 to 30"},
		"no value":                {`type = "int", value = "q_len"`, `type = "int"`, "pass[0].bind[1].value: is missing"},
		"member's name":           {`value = "scale"`, `value = "skale"`, `:24:69: pass[0].bind[2].struct[0].value: expression "skale": column 1: unknown name skale`},
		"unknown scratch":         {`scratch = "partial"`, `scratch = "partials"`, `pass[0].bind[3].scratch: "partials": want one of [partial]`},
		"constant without index":  {`index = 3, type = "bool"`, `type = "bool"`, "pass[0].constant[0]: want index or name"},
		"arithmetic":              {`[text]`, "[arithmetic]\nscores = \"fp8\"\n[text]", `:2:2: arithmetic: arithmetic.scores: format "fp8": want fp16, bf16, fp32 or input`},
		"expression that is none": {`value = "q_len" }`, `value = "q_len +" }`, `:23:38: pass[0].bind[1].value: expression "q_len +": column `},
		"no such kernel":          {`kernel = "twice"`, `kernel = "thrice_{q_len}"`, `:17:10: pass[0].kernel: no kernel of the text is called thrice_{q_len}; it has twice`},
		"no such slot":            {`{ index = 1,`, `{ index = 7,`, `:23:13: pass[0].bind[1].index: buffer(7) is no argument of twice; it has buffer(0) out, buffer(1) rows, buffer(2) p, buffer(3) partial`},
		"a slot without a value":  {"  { index = 1, type = \"int\", value = \"q_len\" },\n", ``, `:21:1: pass[0].bind: nothing is bound to buffer(1) rows of twice, line 5: constant int &`},
		"scalar of another type":  {`type = "int", value = "q_len"`, `type = "float", value = "scale"`, `:23:3: pass[0].bind[1]: buffer(1) of twice, line 5, is constant int & rows: want type = "int", not "float"`},
		"tensor for a scalar":     {`type = "int", value = "q_len"`, `tensor = "q"`, `:23:3: pass[0].bind[1]: buffer(1) of twice, line 5, is constant int & rows: want type = "int" with value, not tensor q`},
		"constant of other type":  {`index = 3, type = "bool", value = "lse"`, `index = 3, type = "int", value = "1"`, `pass[0].constant[0].type: "int": in the text wanted is bool`},
		"no such constant":        {`index = 3, type = "bool"`, `name = "want", type = "bool"`, `pass[0].constant[0].name: the text has no function constant want; it has wanted (3)`},
		"vector constant":         {`index = 3, type = "bool", value = "lse"`, `index = 3, type = "float2", value = "[1, 2]"`, `"float2": a function constant is a scalar`},
		"max_threads too early":   {`bytes = "rows * 4"`, `bytes = "max_threads"`, "unknown name max_threads"},
		"copy's format":           {`tensor = "out"`, `tensor = "out", as = "double"`, `:22:37: pass[0].bind[0].as: "double": want half, bfloat or float`},
		"copy's order":            {`tensor = "out"`, `tensor = "out", order = "HBSD"`, `"HBSD": want BHSD or BSHD`},
		"copy of a scalar":        {`value = "q_len"`, `value = "q_len", as = "half"`, `only a tensor has as and order`},
		"full mask without as":    {`tensor = "out"`, `tensor = "full_mask"`, `pass[0].bind[0].as: is missing`},
		"joined without order":    {`tensor = "out"`, `tensor = "kv"`, `pass[0].bind[0].order: is missing; want 2 (which of its parts), B, H, S and D, once each`},
		"joined order":            {`tensor = "out"`, `tensor = "qkv", order = "BS2HD"`, `pass[0].bind[0].order: "BS2HD": want 3 (which of its parts), B, H, S and D`},
		"copy of a table":         {`tensor = "out"`, `tensor = "table", as = "float"`, `pass[0].bind[0]: table has no as and no order`},
		"copy of sinks":           {`tensor = "out"`, `tensor = "sinks", as = "half"`, `pass[0].bind[0]: sinks has no as and no order`},
		"language":                {`[text]`, "[text]\nlanguage = \"310\"", `:3:12: text.language: "310": want a version such as "3.1"`},
		"macro":                   {`[text]`, "[text]\ndefine = { \"a b\" = \"1\" }", `text.define.a b: "a b": want a macro's name`},
		"include":                 {`[text]`, "[text]\ninclude = [\"none\"]", `:3:12: text.include[0]: `},
		"a text that is none":     {`[text]`, "[text]\ndefine = { kernel = \"kern(\" }", `text: `},
		"scratch of both kinds":   {`bytes = "rows * 4"`, "bytes = \"rows * 4\"\ntype = \"int\"\nvalue = 1", `scratch[0]: want bytes (and fill), or type and value`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, manifestText, x.find)
			file := write(t, strings.Replace(manifestText, x.find, x.replace, 1))
			_, err := load(file, "")
			require.ErrorContains(t, err, file+":")
			require.ErrorContains(t, err, x.words)
		})
	}
	_, err := load(filepath.Join(t.TempDir(), "none.toml"), "")
	require.ErrorContains(t, err, "none.toml")
}

// C puts a member where its size wants it, and the whole ends where its largest member wants the next.
func TestStructsAreLaidOutAsInC(t *testing.T) {
	scope := predicate.NewScope()
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":4,"q_len":5,"kv_len":7,"head_dim":16,"input":"fp32"}`))
	require.NoError(t, err)
	values, err := scope.Values(c)
	require.NoError(t, err)
	member := func(kind, source string, count int) scalar {
		e, err := scope.Compile(source, 0)
		require.NoError(t, err)
		return scalar{kind: scalarTypes[kind], value: e, count: count}
	}
	got, err := pack([]scalar{member("uchar", "1", 0), member("int", "-2", 0), member("ushort", "[3, 4, 5]", 3), member("ulong", "6", 0), member("half", "1.5", 0)}, values, true)
	require.NoError(t, err)
	require.Equal(t, []byte{1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 3, 0, 4, 0, 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x3e, 0, 0, 0, 0, 0, 0}, got)

	for _, x := range []struct {
		scalar
		words string
	}{
		{member("uint", "-1", 0), "does not fit uint"}, {member("char", "200", 0), "200 does not fit char"},
		{member("ushort", "65536", 0), "does not fit ushort"}, {member("int", "1.5", 0), "does not fit int"},
		{member("bool", "1", 0), "does not fit bool"}, {member("int", "lse", 0), "does not fit int"},
		{member("int", "[1, 2]", 3), "has 2 numbers; want 3"},
	} {
		_, err := pack([]scalar{x.scalar}, values, true)
		require.ErrorContains(t, err, x.words)
	}
}
