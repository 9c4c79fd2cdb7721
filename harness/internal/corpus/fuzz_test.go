package corpus

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
)

// committed is the corpus at the top of the repository.
var committed = filepath.Join("..", "..", "..", "corpus")

func TestScalarsAndFuzzFilesRoundTripTheWholeCorpus(t *testing.T) {
	items, errs := Load(committed)
	require.Empty(t, errs)
	covered := 0
	for _, item := range items {
		want := item.Case
		want.Notes = ""
		args, err := FuzzArgs(want)
		if len(want.After) > 0 {
			require.ErrorContains(t, err, "after")
			_, err = EncodeFuzz(want)
			require.ErrorContains(t, err, "after")
			continue
		}
		require.NoError(t, err)
		got, err := FromFuzzArgs(args)
		require.NoError(t, err, item.Path)
		require.Empty(t, cmp.Diff(want, got), item.Path)

		text, err := EncodeFuzz(want)
		require.NoError(t, err)
		got, err = DecodeFuzz(text)
		require.NoError(t, err, item.Path)
		require.Equal(t, cases.Name(want), cases.Name(got), item.Path)
		covered++
	}
	require.Greater(t, covered, 50)
}

func TestScalarsThatAreNoCaseAreRefused(t *testing.T) {
	good, err := FuzzArgs(small(t))
	require.NoError(t, err)
	at := func(name string) int {
		for i, s := range scalars {
			if s.Name == name {
				return i
			}
		}
		t.Fatalf("no scalar %s", name)
		return 0
	}
	for _, row := range []struct {
		name string
		to   any
		want string
	}{
		{"batch", -1, "not a case: batch: -1"},
		{"heads", 0, "not a case: heads: 0"},
		{"head_dim", -1, "not a case: head_dim: -1"},
		{"kv_heads", 3, "not a case: kv_heads: 3; want a divisor of heads"},
		{"mask.left", 4, "not a case: mask.left"},
		{"layout.k.pad", 1 << 40, "not a case: layout.k.pad"},
		{"values.seed", 7, "values.seed: int; want uint64"},
		{"lse", nil, "lse: <nil>; want bool"},
	} {
		args := append([]any{}, good...)
		args[at(row.name)] = row.to
		_, err := FromFuzzArgs(args)
		require.ErrorContains(t, err, row.want)
	}
	_, err = FromFuzzArgs(good[1:])
	require.ErrorContains(t, err, "fuzz arguments; want")
}

func TestEveryByteIsAChoice(t *testing.T) {
	args, err := FuzzArgs(small(t))
	require.NoError(t, err)
	for i, s := range scalars {
		if s.Name != "values.q" {
			continue
		}
		for b := range 256 {
			args[i] = byte(b)
			c, err := FromFuzzArgs(args)
			require.NoError(t, err)
			require.Equal(t, cases.Regimes()[b%len(cases.Regimes())], c.Values.Q)
		}
	}
}

func TestDecodeFuzzNamesTheLine(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "line 1"},
		{"go test fuzz v2\nint(1)\n", "line 1"},
		{fuzzHeader + "\nint(1)\nint(x)\n", "line 3"},
		{fuzzHeader + "\nint(1\n", "line 2"},
		{fuzzHeader + "\nstring(\"a\")\n", `type "string"`},
		{fuzzHeader + "\nbyte('\u0100')\n", "want one byte"},
		{fuzzHeader + "\nint(1, 2)\n", "want a conversion"},
		{fuzzHeader + "\nos.Exit(1)\n", `type "os.Exit"`},
		{fuzzHeader + "\nint(9223372036854775808)\n", "line 2"},
		{fuzzHeader + "\nint(1)\n", "1 fuzz arguments; want"},
	} {
		_, err := DecodeFuzz([]byte(row.text))
		require.ErrorContains(t, err, row.want, row.text)
	}
}

func TestDecodeFuzzReadsEveryFormOfAFloat(t *testing.T) {
	c := small(t)
	scale := float32(-0.125)
	c.Scale = &scale
	text, err := EncodeFuzz(c)
	require.NoError(t, err)
	require.Contains(t, string(text), "float32(-0.125)\n")
	for _, form := range []string{"-0.125", "-.125", "-1.25e-1"} {
		got, err := DecodeFuzz([]byte(strings.Replace(string(text), "-0.125", form, 1)))
		require.NoError(t, err)
		require.Equal(t, scale, *got.Scale)
	}
	for _, form := range []string{"float32(NaN)", "float32(+Inf)", "math.Float32frombits(0x7fc00001)"} {
		_, err := DecodeFuzz([]byte(strings.Replace(string(text), "float32(-0.125)", form, 1)))
		require.ErrorContains(t, err, "not a case: scale", form)
	}
}

// FuzzCase is the round trip as a fuzz target; its seeds are the corpus.
func FuzzCase(f *testing.F) {
	items, _ := Load(committed)
	Fuzz(f, items, func(t *testing.T, c cases.Case) {
		text, err := EncodeFuzz(c)
		if err != nil {
			t.Fatal(err)
		}
		second, err := DecodeFuzz(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if cases.Name(second) != cases.Name(c) {
			t.Fatalf("%s became %s", cases.Canonical(c), cases.Canonical(second))
		}
	})
}

// TestGoReadsOurFuzzFiles lets the go command itself run a seed that EncodeFuzz wrote.
func TestGoReadsOurFuzzFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	if os.Getenv("ATTEST_FUZZ_SEED") != "" {
		t.Skip("already inside")
	}
	dir := filepath.Join("testdata", "fuzz", "FuzzCase")
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the seed that EncodeFuzz wrote is missing: %v", err)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^FuzzCase$/^encoded-here$", "-test.v")
	cmd.Env = append(os.Environ(), "ATTEST_FUZZ_SEED=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: FuzzCase/encoded-here")
}

// TestTheStoredSeedIsWhatEncodeFuzzWrites keeps testdata in step with the format.
func TestTheStoredSeedIsWhatEncodeFuzzWrites(t *testing.T) {
	c := small(t)
	c.Mask = cases.Mask{Kind: cases.AdditiveMask, PlusInf: true, Pad: 3}
	c.Layout.V.Transpose = true
	c.Values.Seed = 1 << 63
	scale := float32(-0.125)
	c.Scale = &scale
	require.NoError(t, c.Normalize())
	want, err := EncodeFuzz(c)
	require.NoError(t, err)
	file := filepath.Join("testdata", "fuzz", "FuzzCase", "encoded-here")
	if os.Getenv("ATTEST_UPDATE") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, want, 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// A file from before a field existed lacks the field's arguments, which come last: they have their zero value.
func TestAnOldFuzzFileLacksNewFields(t *testing.T) {
	args, err := FuzzArgs(small(t))
	require.NoError(t, err)
	grown := append(cases.Scalars(), cases.Scalar{Name: "new", Get: func(*cases.Case) any { return float32(0) }})
	old := padded(args, grown, len(scalars))
	require.Len(t, old, len(grown))
	require.Equal(t, float32(0), old[len(old)-1])
	require.Len(t, padded(args[1:], grown, len(scalars)), len(args)-1, "less than any version wrote is left to be refused")
	require.Equal(t, 46, cases.OldestScalars())
}
