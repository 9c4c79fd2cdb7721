package campaign

import "testing"

// A failure that was kept before devices chose their engine was one of fibers.
func TestOldFailuresAreOfFibers(t *testing.T) {
	for _, c := range []struct{ path, toolchain, want string }{
		{"host", "msl with clang-19", "host?engine=fibers"},
		{"host?math=fast", "msl with clang-19", "host?math=fast&engine=fibers"},
		{"msl:k.toml", "msl with clang-14", "msl:k.toml?engine=fibers"},
		{"host?engine=wide", "msl with clang-19, engine wide", "host?engine=wide"},
		{"host", "msl with clang-19, engine auto", "host"},
		{"host", "", "host"},
		{"msl:k.toml?device=cuda", "msl with clang-19", "msl:k.toml?device=cuda"},
		{"lib:libmfa.so", "msl with clang-19", "lib:libmfa.so"},
		{"naive", "go1.26", "naive"},
	} {
		if got := onFibers(c.path, c.toolchain); got != c.want {
			t.Errorf("onFibers(%q, %q) = %q; want %q", c.path, c.toolchain, got, c.want)
		}
	}
}
