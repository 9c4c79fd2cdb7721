//go:build cgo && linux

package cuda_test

import (
	"strings"
	"testing"

	"attest.example/attest/metal/internal/cuda"
)

// For a checker each buffer has memory of its own that ends where the buffer does, given back after the dispatch; what the
// kernel wrote comes back all the same.
func TestCheckedBuffersStandAlone(t *testing.T) {
	d := open(t, cuda.Options{Check: true}, module)
	k, m := kernel(t, d), memory(t, d, 1, 2, 3)
	said := calls(t)
	if _, err := k.Run(launchOf(m)); err != nil {
		t.Fatal(err)
	}
	if f := m.Float32s(); f[0] != 2 || f[1] != 3 || f[2] != 4 {
		t.Errorf("left %v, want 2 3 4", f)
	}
	const want = "context_create module_load memory_allocate copy_in memory_allocate copy_in event_record launch event_record event_elapsed " +
		"copy_out memory_free memory_free"
	if got := strings.Join(strings.Fields(said()), " "); got != want {
		t.Errorf("called\n%s\nwant\n%s", got, want)
	}
}
