package host

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// logging are kernels' bodies: every lane writes its o[i], and some have messages.
var logging = map[string]string{
	"numbers":                 `if (x[i] % 3 == 1) os_log_default.log_error("%d of %u, %f and %s", int(x[i]) - 9, i, float(x[i]) / 4, "text"); o[i] = x[i];`,
	"vectors":                 `if (i & 1) os_log_default.log("%v4hd and %v3f", short4(x[i], -1, 2, i), float3(i, 0.5, x[i])); o[i] = i;`,
	"in a loop":               `uint sum = 0; for (uint k = 0; k < x[i] % 5; ++k) { sum += k; if (sum & 1) os_log_default.log_info("turn %u of %u", k, i); } o[i] = sum;`,
	"from one place":          `os_log_default.log_debug("all alike"); o[i] = 1;`,
	"of which none is":        `if (x[i] > 1000000) os_log_default.log_fault("never %u", i); o[i] = x[i] * 2;`,
	"asserted":                `assert(x[i] < 7); o[i] = x[i] + 3;`,
	"of a log's own":          `constexpr os_log mine("some", "thing"); if (x[i] == 2) mine.log("at %u", i); else if (x[i] == 3) mine.log_error("else %u", i); o[i] = 0;`,
	"after which one is gone": `o[i] = 5; if (x[i] & 2) { os_log_default.log("gone %u", i); return; } o[i] = simd_sum(x[i]);`,
	"of private memory":       `uint all[6]; for (uint k = 0; k < 6; ++k) all[k] = x[i] * k; os_log_default.log("%u", all[x[i] % 6]); all[x[i] % 6] = 0; o[i] = all[i % 6];`,
}

// TestMessagesOfVectors: lanes of a simdgroup that is one vector send the messages that they send as fibers, each once, by the
// thread that has it, and go on.
func TestMessagesOfVectors(t *testing.T) {
	compiler := wideCompilerOf(t)
	const lanes = 61 // of rows of the grid, the last simdgroup not full
	input := make([]byte, 4*128)
	for i := range len(input) / 4 {
		binary.LittleEndian.PutUint32(input[4*i:], uint32(i*7%11))
	}
	for name, body := range logging {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			text := "#include <metal_logging>\n" + prelude + "kernel void test(device const uint *x [[buffer(0)]], device uint *o [[buffer(1)]],\n" +
				"    uint3 at [[thread_position_in_grid]], uint3 of [[threads_per_grid]]) {\n  const uint i = at.x + at.y * of.x;\n  " + body + "\n}\n"
			run := func(engine Engine) (lines []string, output []byte) {
				count := engineCount{}
				d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: compiler, OnEngine: count.add})
				kernel := compile(t, d, device.Program{Source: text, File: "test.metal", Function: "test"})
				in, out := buffer(t, d, len(input)), buffer(t, d, 4*128)
				copy(in.Bytes(), input)
				l := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: in}, {Index: 1, Memory: out}}, Grid: [3]uint32{1, 2, 1}, Threadgroup: [3]uint32{lanes, 1, 1}}
				if _, err := kernel.Run(&l); err != nil {
					t.Fatal(err)
				}
				if engine == Wide && count.why != nil {
					t.Errorf("on fibers: %v", count.why)
				}
				return slices.Sorted(slices.Values(d.Messages())), bytes.Clone(out.Bytes())
			}
			lines, output := run(Fibers)
			wide, wideOutput := run(Wide)
			if !slices.Equal(lines, wide) {
				t.Errorf("%d messages of fibers:\n%s\n%d of vectors:\n%s", len(lines), strings.Join(lines, "\n"), len(wide), strings.Join(wide, "\n"))
			}
			if (len(lines) == 0) != (name == "of which none is") {
				t.Errorf("%d messages", len(lines))
			}
			if !bytes.Equal(output, wideOutput) {
				t.Error("the engines' bits differ")
			}
		})
	}
}
