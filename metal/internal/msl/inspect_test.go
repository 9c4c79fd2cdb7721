package msl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInspect(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	t.Setenv("ATTEST_CACHE", t.TempDir())
	const constants = "constant bool flag [[function_constant(3)]];\n"
	tests := []struct{ name, text, out, err string }{
		{"kernels and constants", constants + "kernel void k(device float *o [[buffer(2)]], uint i [[thread_position_in_grid]]) { o[i] = flag; }",
			"kernel\tk\t2\t0\nargument\tbuffer\t2\to\nconstant\tflag\t3\tbool\t1\n", ""},
		{"an error in a kernel", constants + "kernel void k(device float *o) { *o = undeclared; }", "", "use of undeclared identifier 'undeclared'"},
		{"an error in the second kernel", "kernel void a(device float *o) { *o = 1; }\nkernel void b(device float *o) { o = 1.5f; }", "", "k.metal:2:"},
		{"what cannot run here", "kernel void k(device float *o) { *o = 1; }\nfragment float4 f() { return 0; }\nkernel void t(texture2d<float> x) {}",
			"kernel\tk\t1\t0\nargument\tbuffer\t0\to\n" +
				"refused\tf\t2\tk.metal:2:1: error: fragment functions are not compute: only kernels run here\n" +
				"refused\tt\t3\tk.metal:3:15: error: kernel argument of type texture2d: textures, samplers and tensors are not supported; bind the data as a buffer\n", ""},
		{"an error beside what cannot run here", "kernel void k(device float *o) { *o = undeclared; }\nfragment float4 f() { return 0; }", "", "use of undeclared identifier 'undeclared'"},
		{"an error of the rewriter", "fragment void f() {}", "", "only kernels run here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "k.metal")
			if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time out of the cache
				var out, errs strings.Builder
				status := InspectMain([]string{"--name", "k.metal", file}, &out, &errs)
				if want := test.err == ""; want != (status == 0) || out.String() != test.out || !strings.Contains(errs.String(), test.err) {
					t.Fatalf("status %d, printed %q, complained %q; want %q, %q", status, out.String(), errs.String(), test.out, test.err)
				}
			}
		})
	}
}
