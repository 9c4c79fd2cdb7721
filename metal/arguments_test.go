package metal_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"attest.example/attest/metal"
)

// What nobody can mean is refused by its name: nothing at all, a text that ends before its end, numbers that C would cut.
func TestArgumentsThatCannotBeAreRefused(t *testing.T) {
	d := newDevice(t, metal.HostOptions{Workers: 1})
	c := newContextOn(t, d)
	const text = "kernel void k(device int *x [[buffer(0)]]) { x[0] = 1; }"
	compile := func(o metal.KernelOptions) error {
		k, err := d.NewKernel(o)
		if err == nil {
			k.Close()
		}
		return err
	}
	k, err := d.NewKernel(metal.KernelOptions{Source: text, Function: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	_, noLaunch := k.Run(nil)
	_, noOptions := c.NewAttention(nil)
	_, noFile := metal.Open("")
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no launch", noLaunch, "no launch, expected one with its grid"},
		{"no options", noOptions, "attention: no options, expected at least the tensors and sizes"},
		{"no library", noFile, "its path is empty, expected a file"},
		{"NUL in a name", compile(metal.KernelOptions{Source: text, Function: "k\x00x"}), "function: a NUL at byte 1, expected a text without"},
		{"NUL in a text", compile(metal.KernelOptions{Source: text + "\x00more", Function: "k"}), "source: a NUL at byte 56"},
		{"NUL in a file's name", compile(metal.KernelOptions{Source: text, Function: "k", File: "a\x00b"}), "file: a NUL at byte 1"},
		{"math", compile(metal.KernelOptions{Source: text, Function: "k", Math: 77}), "math: 77, expected safe (0), fast (1) or fast-folded (2)"},
		{"math below", compile(metal.KernelOptions{Source: text, Function: "k", Math: -1}), "math: -1"},
		{"language below", compile(metal.KernelOptions{Source: text, Function: "k", Language: -5}), "language version: -5, expected 310"},
		{"language past C", compile(metal.KernelOptions{Source: text, Function: "k", Language: math.MaxUint32 + 311}), "language version: 4294967606, expected 310"},
		{"no macro", compile(metal.KernelOptions{Source: text, Function: "k", Defines: map[string]string{"": "1"}}), `define "": a name and a value of one line expected`},
		{"two words for one macro", compile(metal.KernelOptions{Source: text, Function: "k", Defines: map[string]string{"A B": "1"}}), `define "A B": a name`},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) || !errors.Is(test.err, metal.ErrInvalidArgs) {
			t.Errorf("%s: %v; want ErrInvalidArgs and %q", test.name, test.err, test.want)
		}
	}
	if err := compile(metal.KernelOptions{Source: text, Function: "k", Defines: map[string]string{"MAX(a, b)": "a", "N": ""}}); err != nil {
		t.Errorf("a macro with parameters: %v", err)
	}
}
