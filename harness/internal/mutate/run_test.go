package mutate

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
	"attest.example/attest/metal/msltool"
	"attest.example/attest/reference"
)

// TestMain lets the test binary be what Options.Program asks for: a child, its workers, and the compiler of libmfa.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "msl" {
		os.Unsetenv("ATTEST_WORKER")
		os.Exit(msltool.Main(os.Args[2:], os.Stdout, os.Stderr))
	}
	worker.Main(catalog.Open)
	if len(os.Args) > 2 && os.Args[1] == "mutate" && os.Args[2] == ChildFlag {
		if err := Child(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	status := m.Run()
	os.RemoveAll(unmutatedFolder)
	os.Exit(status)
}

var unmutatedFolder string

// unmutated compiles the C sources as they are, once for all tests.
var unmutated = sync.OnceValues(func() (map[string]string, error) {
	var err error
	if unmutatedFolder, err = os.MkdirTemp("", "unmutated"); err != nil {
		return nil, err
	}
	found, err := FindTree(".")
	if err != nil {
		return nil, err
	}
	b := &Builder{Tree: found, Dir: unmutatedFolder}
	err = b.compileOriginal(context.Background())
	return b.objects, err
})

func truthOf(t testing.TB, c cases.Case, tensors *cases.Tensors) []float64 {
	truth, err := oracle.Truth(t.Context(), c, tensors, reference.Arithmetic{In: reference.FP16, Acc: reference.FP32, Out: reference.FP32}, reference.Options{})
	require.NoError(t, err)
	return truth.Output
}

func options(t testing.TB, mutants ...Mutant) Options {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("libmfa of other systems is built by their own tools")
	}
	program, err := os.Executable()
	require.NoError(t, err)
	objects, err := unmutated()
	require.NoError(t, err)
	return Options{
		Tree: tree(t), Dir: t.TempDir(), Program: program, Mutants: mutants, Cases: 24, Seed: 1, Relations: 2,
		Deadline: 20 * time.Second, Workers: 2, objects: objects,
	}
}

func named(t testing.TB, expression string) []Mutant {
	t.Helper()
	all, err := All()
	require.NoError(t, err)
	return Select(all, regexp.MustCompile("^("+expression+")$"))
}

// TestMutantsDie runs a few of every target. All of them: make mutate.
func TestMutantsDie(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	mutants := named(t, "first-head-only|causal-one-key-too-many|mask-bool-inverted|empty-row-divides|exp2-without-log2e|strides-ignored|"+
		"pipeline-key-without-mask|input-written|mask-tiny-grouped-abort|last-column-not-written|equivalent-blocks-from-zero")
	require.Len(t, mutants, 11)
	result, err := Run(t.Context(), options(t, mutants...))
	require.NoError(t, err)
	for _, c := range result.Controls {
		require.Nil(t, c.Failure, "the unmutated library")
	}
	for i := range result.Outcomes {
		o := &result.Outcomes[i]
		t.Log(o.Line())
		require.Empty(t, o.Wrong(), o.Mutant.Name)
		require.False(t, o.Unexpected(), "%s by %s", o.Mutant.Name, o.By())
	}
	require.True(t, result.Passed())
}

// TestASurvivorIsTold: a patch that changes nothing must not count as found, and a proof that is wrong not as one.
func TestASurvivorIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	harmless := Mutant{Name: "harmless", Family: "softmax", Expect: []verdict.Kind{verdict.Numeric}, Preset: "default", Patches: []Patch{
		{File: kernelFile, Find: "x += simd_shuffle_xor(x, 1);", Replace: "x += simd_shuffle_xor(x, 1) * 1.0f;"},
	}}
	lie := named(t, "exp2-without-log2e")[0]
	lie.Name, lie.Equivalent, lie.Expect = "lie", "trust me", nil
	o := options(t, harmless, lie)
	o.Cases, o.ReduceCalls = 8, 10
	result, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.False(t, result.Passed())
	require.Equal(t, "survived 8 cases", result.Outcomes[0].Wrong())
	require.Contains(t, result.Outcomes[1].Wrong(), "the proof of its equivalence is wrong")
	require.NotNil(t, result.Outcomes[1].Reduced)

	line, err := result.JSON()
	require.NoError(t, err)
	var told struct {
		Total, Killed, Equivalent int
		Mutants                   []struct{ Name, Family, By string }
	}
	require.NoError(t, json.Unmarshal(line, &told))
	require.Equal(t, []int{1, 0, 1}, []int{told.Total, told.Killed, told.Equivalent})
	require.Len(t, told.Mutants, 2)

	var text bytes.Buffer
	require.NoError(t, result.WriteText(&text))
	require.Contains(t, text.String(), "0 of 1 killed")
}

// TestAMutantThatDoesNotCompile is an error of the mutant, not a kill: a kernel that no compiler takes shows nothing.
func TestAMutantThatDoesNotCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, patch := range []Patch{
		{File: "metal/mfa/plan.c", Find: "plan->grid[1] = d->heads;", Replace: "plan->grid[1] = heads;"},
		{File: kernelFile, Find: "x += simd_shuffle_xor(x, 1);", Replace: "x += shuffle(x, 1);"},
	} {
		m := Mutant{Name: "broken", Family: "softmax", Expect: []verdict.Kind{verdict.Error}, Preset: "default", Patches: []Patch{patch}}
		o := options(t, m)
		o.Cases = 2
		result, err := Run(t.Context(), o)
		require.NoError(t, err)
		require.False(t, result.Passed())
		require.Contains(t, result.Outcomes[0].Wrong(), "mutant broken", patch.File)
	}
}

// TestMutantsOfTheTextOnADevice: a path of the program takes the mutated text by an option, and no mutant of anything else.
func TestMutantsOfTheTextOnADevice(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	text := ofText(all)
	require.Greater(t, len(text), 100)
	for _, m := range text {
		require.Equal(t, Kernel, m.Target(), m.Name)
		require.False(t, m.Check || m.Plain, m.Name)
	}
	for path, want := range map[string]string{"cuda": "cuda?kernel=", "host?parts=3": "host?parts=3&kernel="} {
		b := &Builder{Tree: tree(t), Dir: t.TempDir(), Program: "attest", Path: path}
		built, err := b.Mutant(context.Background(), &text[0])
		require.NoError(t, err)
		file, found := strings.CutPrefix(built.Path, want)
		require.True(t, found, built.Path)
		file, err = url.QueryUnescape(file)
		require.NoError(t, err)
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		texts, err := b.Tree.Mutate(&text[0])
		require.NoError(t, err)
		require.Equal(t, texts[kernelFile], string(data))
		original, err := b.Original(context.Background(), false, false)
		require.NoError(t, err)
		require.Equal(t, Build{Program: "attest", Path: path}, original)
	}
	library := slices.DeleteFunc(slices.Clone(all), func(m Mutant) bool { return m.Target() != Library })
	_, err = Run(context.Background(), Options{Path: "cuda", Mutants: library})
	require.ErrorContains(t, err, "path cuda runs mutants of metal/kernels/attention.metal alone, and none of")
}
