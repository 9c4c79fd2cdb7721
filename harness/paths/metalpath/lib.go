package metalpath

import (
	"fmt"

	"attest/harness/cases"
	"attest/harness/paths"
	"attest/metal"
)

// OpenLibrary gives the path over a shared library with the mfa C ABI.
func OpenLibrary(file string) (*Path, error) {
	library, err := metal.Open(file)
	if err != nil {
		return nil, err
	}
	p := &Path{
		name: "lib:" + file, contexts: library,
		description: paths.Description{Device: "of " + file, Toolchain: "mfa " + library.Version()},
	}
	if !library.HasDescriptor() {
		p.supports = plainABI
	}
	return p, nil
}

// plainABI says what the functions of the mfa ABI cannot express without the descriptor.
func plainABI(c cases.Case) error {
	switch {
	case c.KVHeads != c.Heads:
		return fmt.Errorf("kv_heads %d: the ABI without descriptors has as many as heads, %d", c.KVHeads, c.Heads)
	case c.Mask.Kind == cases.WindowMask:
		return fmt.Errorf("a window: the ABI without descriptors has none")
	case c.Mask.IsCausal() && c.Mask.Align == cases.BottomRight && c.QLen != c.KVLen:
		return fmt.Errorf("causal bottom-right: the ABI without descriptors is top-left")
	case c.LSE && c.Mask.IsArray():
		return fmt.Errorf("logsumexp with a mask: the ABI without descriptors has no such function")
	}
	return nil
}
