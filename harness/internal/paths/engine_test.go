package paths

import "testing"

func TestJoinEngines(t *testing.T) {
	for _, c := range [][3]string{{"", "", ""}, {"wide", "", "wide"}, {"", "fibers", "fibers"}, {"wide", "wide", "wide"},
		{"wide", "fibers", AnyEngine}, {AnyEngine, "wide", AnyEngine}} {
		if got := JoinEngines(c[0], c[1]); got != c[2] {
			t.Errorf("JoinEngines(%q, %q) = %q; want %q", c[0], c[1], got, c[2])
		}
	}
}
