package catalog

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal/scratch"
)

// On Linux both paths run one kernel on one runtime, so whatever the Swift device did to a case would show in its bits.
func TestSwiftGivesTheBitsOfHost(t *testing.T) {
	if swiftName != "swift" {
		t.Skip("the GPU has bits of its own")
	}
	if os.Getenv(swiftVariable) == "" {
		t.Chdir(filepath.Join("..", "..", "..", "..")) // of the checkout
	}
	if _, err := findSwift(); err != nil {
		t.Skipf("SKIPPED, nothing of swift/ is tested here: %v", err)
	}
	ctx := context.Background()
	stream, err := gen.NewStream(gen.Default, 7, gen.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	both := map[string]paths.Path{}
	for _, name := range []string{"host", swiftName} {
		p, err := Open(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		defer p.(io.Closer).Close()
		both[name] = p
	}
	outputs := func(name string, c cases.Case) (out, lse []uint32) {
		tensors := cases.Materialize(c)
		if err := both[name].Supports(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := both[name].Attend(ctx, c, tensors); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if tensors.LSE == nil {
			return tensors.Out.Bits(), nil
		}
		return tensors.Out.Bits(), tensors.LSE.Bits()
	}
	// What other processes do meanwhile: a text that the compiler is about to read must not be swept away.
	sweeping, swept := context.WithCancel(ctx)
	defer swept()
	go func() {
		for sweeping.Err() == nil {
			scratch.Sweep(os.TempDir())
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for i := range 150 {
		c, err := stream.Case(i)
		if err != nil {
			t.Fatal(err)
		}
		hostOut, hostLSE := outputs("host", c)
		swiftOut, swiftLSE := outputs(swiftName, c)
		if !slices.Equal(hostOut, swiftOut) || !slices.Equal(hostLSE, swiftLSE) {
			t.Errorf("case %d, %s: the outputs differ", i, cases.Describe(c))
		}
	}
}
