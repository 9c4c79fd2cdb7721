package host

import (
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// A slot may be a null pointer: that fails the launch where a thread uses it, and names the slot.
func TestNullPointerFailsWhereItIsUsed(t *testing.T) {
	for _, check := range []bool{false, true} {
		d := newDevice(t, Options{Check: check})
		p := compileText(t, d, `
kernel void test(device float *x [[buffer(0)]], device float *y [[buffer(1)]], constant bool &both [[buffer(2)]]) {
  x[0] = 1;
  if (both) y[0] = 1;
}`)
		for _, both := range []byte{0, 1} {
			x := buffer(t, d, 4)
			_, err := p.Run(&device.Launch{
				Arguments: []device.Argument{{Index: 0, Memory: x}, {Index: 1, Null: true}, {Index: 2, Bytes: []byte{both}}},
				Grid:      [3]uint32{1}, Threadgroup: [3]uint32{1},
			})
			switch {
			case both == 0 && err != nil:
				t.Errorf("check %v: a slot that no thread uses: %v", check, err)
			case both == 1 && (err == nil || !strings.Contains(err.Error(), "nothing is bound to buffer 1")):
				t.Errorf("check %v: got %v, want a fault that names buffer 1", check, err)
			}
		}
	}
}
