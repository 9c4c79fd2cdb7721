package mslpath

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// plainText is attention by one thread a row; everything optional of a text and of the bindings decides its values.
const plainText = `#include <metal_stdlib>
#include "shared/part.h"
using namespace metal;
#ifndef WHOLE
#error the macro is missing
#endif
#if __METAL_VERSION__ != LANGUAGE
#error the language is another
#endif
constant bool masked [[function_constant(1)]];
constant long keys [[function_constant(2)]];
constant half half_one [[function_constant(3)]];
constant bfloat bfloat_one [[function_constant(4)]];
constant uchar small_one [[function_constant(5)]];
constant short negative [[function_constant(6)]];

struct shape { uchar none; int4 extents; packed_float3 ones; float scale; };

kernel void prepare(device float *zeros [[buffer(0)]], uint i [[thread_position_in_grid]]) { zeros[i] = PART; }

kernel void plain(const device float *q [[buffer(0)]], const device float *k [[buffer(1)]], const device float *v [[buffer(2)]],
    device float *out [[buffer(3)]], const device half *mask [[buffer(4)]], constant shape &s [[buffer(5)]],
    const device int *table [[buffer(6)]], const device float *zeros [[buffer(7)]], const device float *absent [[buffer(8)]],
    threadgroup float *weights [[threadgroup(0)]], uint3 place [[threadgroup_position_in_grid]], uint threads [[threads_per_threadgroup]]) {
  const int heads = s.extents.x, rows = s.extents.y, size = s.extents.z, group = s.extents.w;
  const int row = place.x, head = place.y, batch = place.z;
  if (absent || threads > 1024 || table[1] != 7 || negative != -2) return;
  const device float *q0 = q + ((batch * rows + row) * heads + head) * size; // BSHD
  const long other = (batch * (heads / group) + head / group) * keys * size;
  float most = -INFINITY, total = 0;
  for (long j = 0; j < keys; j++) {
    float dot = masked ? float(mask[row * keys + j]) : 0;
    for (int d = 0; d < size; d++) dot += s.scale * s.ones[2] * q0[d] * k[other + j * size + d];
    weights[j] = dot;
    most = max(most, dot);
  }
  for (long j = 0; j < keys; j++) total += weights[j] = most == -INFINITY ? 0 : exp(weights[j] - most);
  for (int d = 0; d < size; d++) {
    float x = zeros[d];
    for (long j = 0; j < keys; j++) x += weights[j] == 0 ? 0 : weights[j] * v[other + j * size + d];
    out[((batch * rows + row) * heads + head) * size + d] = total == 0 ? 0 : x / total * float(half_one) * float(bfloat_one) * small_one;
  }
}
`

const plainManifest = `layout = "strided"
[text]
sources = ["plain.metal"]
include = ["more"]
define = { WHOLE = "1" , LANGUAGE = "%s" }
language = "%s"
[[scratch]]
name = "table"
type = "int"
value = "map(0..kv_len + 1, # * 7)"
[[scratch]]
name = "zeros"
bytes = "4 * head_dim"
[[pass]]
kernel = "prepare"
bind = [ { index = 0, scratch = "zeros" } ]
threads = ["head_dim"]
threadgroup = ["min(max_threads, head_dim)"]
[[pass]]
kernel = "plain"
constant = [
  { name = "masked", type = "bool", value = "mask.kind != 'none'" },
  { name = "keys", type = "int64_t", value = "kv_len" },
  { name = "half_one", type = "half", value = 1 },
  { name = "bfloat_one", type = "bfloat", value = 1 },
  { name = "small_one", type = "uint8_t", value = 1 },
  { name = "negative", type = "short", value = -2 },
]
bind = [
  { index = 0, tensor = "q", as = "float", order = "BSHD" },
  { index = 1, tensor = "k", as = "float" },
  { index = 2, tensor = "v", as = "float" },
  { index = 3, tensor = "out", as = "float", order = "BSHD" },
  { index = 4, tensor = "full_mask", as = "half" },
  { index = 5, struct = [
    { name = "none", type = "uchar", value = 0 },
    { name = "extents", type = "int4", value = "[heads, q_len, head_dim, group]" },
    { name = "ones", type = "packed_float3", value = "[0, 0, 1]" },
    { name = "scale", type = "float", value = "scale" },
  ] },
  { index = 6, scratch = "table" },
  { index = 7, scratch = "zeros" },
  { index = 8, null = true },
  { index = 0, threadgroup = "round_up(4 * kv_len, 16)" },
]
grid = ["q_len", "heads", "batch"]
threadgroup = [1]
`

func plain(t *testing.T, macro, language string) (file, root string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "more", "shared"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "more", "shared", "part.h"), []byte("#define PART 0.0f\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "plain.metal"), []byte(plainText), 0o644))
	file = filepath.Join(t.TempDir(), "plain.toml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, plainManifest, macro, language), 0o644))
	return file, root
}

// Folders, macros, the language, constants of all types by name, vectors in structs, contents of buffers, copies in
// other formats and orders, null pointers, the pipeline's threads: each decides whether this kernel is right.
func TestEverythingOptionalReachesTheKernel(t *testing.T) {
	file, root := plain(t, "320", "3.2")
	p, err := Open(file + "?root=" + root)
	require.NoError(t, err)
	defer p.Close()
	for _, more := range []string{
		`"input":"fp32"`, `"input":"fp16","output":"fp16"`, `"input":"bf16","output":"fp32","layout":{"q":{"order":"BSHD","pad":3},"k":{"transpose":true},"out":{"pad":5}}`,
		`"input":"fp16","mask":{"kind":"causal","align":"bottom-right"}`, `"input":"fp16","mask":{"kind":"window","left":2,"right":1}`,
		`"input":"fp32","mask":{"kind":"bool","shape":"11qk"}`, `"input":"fp16","mask":{"kind":"additive","format":"fp16","shape":"11qk"}`,
	} {
		c, err := cases.Decode([]byte(`{"version":1,"batch":2,"heads":4,"kv_heads":2,"q_len":5,"kv_len":9,"head_dim":16,` + more + `}`))
		require.NoError(t, err, more)
		require.NoError(t, p.Supports(c), more)
		o, err := trial.Run(context.Background(), p, c, trial.Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Pass, o.Verdict.Kind, more+": "+o.Verdict.Reason)
	}
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":5,"kv_len":9,"head_dim":16,"input":"fp16","mask":{"kind":"additive","format":"fp32"}}`))
	require.NoError(t, err)
	require.ErrorContains(t, p.Supports(c), "the manifest passes full_mask on as half, which does not hold every fp32")
}

// Without its folder the text is not read, and the error names the line of the text.
func TestATextWithoutItsFolder(t *testing.T) {
	file, root := plain(t, "310", "3.1")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "more", "shared")))
	_, err := Open(file + "?root=" + root)
	require.ErrorContains(t, err, "plain.metal:2")
	require.ErrorContains(t, err, "shared/part.h")

	_, err = Open(file)
	require.ErrorContains(t, err, file+":3:12: text.sources[0]: ")
	_, err = Open(file + "?root=" + filepath.Join(root, "none"))
	require.ErrorContains(t, err, "no such folder; want the one that text.sources are relative to")
}
