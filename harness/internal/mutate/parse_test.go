package mutate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/verdict"
)

const header = `name: example
family: causal
bugs: 3, 44
trigger: a causal mask,
  and more keys than rows
expect: numeric, special
file: metal/mfa/plan.c
`

const patches = `
--- find
one
two
--- replace
--- file metal/kernels/attention.metal

--- find
  three
--- replace

  four
`

func TestParse(t *testing.T) {
	m, err := Parse("example", header+patches)
	require.NoError(t, err)
	require.Equal(t, Mutant{
		Name: "example", Family: "causal", Bugs: []int{3, 44}, Trigger: "a causal mask, and more keys than rows",
		Expect: []verdict.Kind{verdict.Numeric, verdict.Special}, Preset: gen.Default,
		Patches: []Patch{
			{File: "metal/mfa/plan.c", Find: "one\ntwo"},
			{File: "metal/kernels/attention.metal", Find: "  three", Replace: "  four"},
		},
	}, m)
	require.Equal(t, Library, m.Target())
	require.Equal(t, []string{"metal/mfa/plan.c", "metal/kernels/attention.metal"}, m.Files())
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an unknown key", "colour: red\n" + header + patches, `line 1: key "colour": want name, family`},
		{"a key twice", header + "bugs: 4\n" + patches, `key "bugs": given twice`},
		{"an empty value", "preset:\n" + header + patches, `key "preset": empty`},
		{"a line without a key", "causal\n" + header + patches, `"causal": want KEY: VALUE`},
		{"another file's name", "name: other\n" + header[len("name: example\n"):] + patches, `name "other": want that of the file, "example"`},
		{"no family", "name: example\ntrigger: x\nexpect: numeric\nfile: a.c\n" + patches, `family ""`},
		{"no trigger", "name: example\nfamily: mask\nexpect: numeric\nfile: a.c\n" + patches, "trigger: missing"},
		{"a verdict that is no failure", "expect: pass\n", `expect: "pass"`},
		{"a verdict that does not exist", "expect: wrong\n", `expect: "wrong"`},
		{"neither expectation nor proof", "name: example\nfamily: mask\ntrigger: x\nfile: a.c\n" + patches, "either expect or equivalent"},
		{"expectation and proof", header + "equivalent: it is\n" + patches, "either expect or equivalent"},
		{"bugs that are no numbers", "bugs: three\n", `bugs: "three"`},
		{"an unknown preset", "preset: fast\n", `preset "fast"`},
		{"an unknown mode", "mode: slow\n", `mode "slow": want check`},
		{"no patch", header, "no patch"},
		{"no file", "name: example\nfamily: mask\ntrigger: x\nexpect: numeric\n\n--- find\na\n--- replace\nb\n", "no file"},
		{"a file outside the tree", "name: example\nfamily: mask\ntrigger: x\nexpect: numeric\nfile: ../a.c\n\n--- find\na\n--- replace\nb\n", `file "../a.c"`},
		{"nothing to find", header + "--- find\n\n--- replace\nb\n", "the text to find is empty"},
		{"nothing changed", header + "--- find\nb\n--- replace\nb\n", "changes nothing"},
		{"no replacement", header + "--- find\nb\n", "want --- replace"},
		{"another section", header + "--- seek\nb\n", "want --- find"},
		{"checkers of a Go path", header[:len(header)-len("file: metal/mfa/plan.c\n")] + "mode: check\nfile: a.go\n--- find\na\n--- replace\nb\n", "mode check: only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("example", test.text)
			require.ErrorContains(t, err, test.want)
		})
	}
}
