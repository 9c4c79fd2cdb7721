package record

import (
	"strings"
	"testing"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

func TestOnEngine(t *testing.T) {
	for _, c := range []struct{ path, engine, want string }{
		{"host?engine=auto", "wide", "host?engine=wide"},
		{"host?engine=auto&threads=1", "fibers,wide", "host?threads=1&engine=fibers,wide"},
		{"host?threads=1&engine=auto", "fibers", "host?threads=1&engine=fibers"},
		{"host", "fibers", "host?engine=fibers"},
		{"msl:k.toml?root=texts", "wide", "msl:k.toml?root=texts&engine=wide"},
		{"host?engine=fibers&threads=1", "wide", "host?engine=fibers&threads=1"},
		{"host?engine=auto", "", "host?engine=auto"},
		{"host?engine=fibers,wide", "wide", "host?engine=fibers,wide"},
		{"host", "", "host"},
		{"exec:./mine?engine=automatic", "wide", "exec:./mine?engine=automatic"},
	} {
		if got := OnEngine(c.path, c.engine); got != c.want {
			t.Errorf("OnEngine(%q, %q) = %q; want %q", c.path, c.engine, got, c.want)
		}
	}
}

// Whoever names the path of a run has its failures on the engine of each, and whoever names another has that.
func TestButForEngine(t *testing.T) {
	for _, c := range []struct {
		path, other string
		want        bool
	}{
		{"host", "host?engine=wide", true},
		{"host?engine=auto", "host?engine=fibers,wide", true},
		{"host?threads=1", "host?threads=1&engine=wide", true},
		{"host", "host", false},
		{"host?engine=fibers", "host?engine=wide", false},
		{"host", "host?threads=1&engine=wide", false},
		{"naive", "host?engine=wide", false},
		{"host", "host?engine=auto", false},
	} {
		if got := ButForEngine(c.path, c.other); got != c.want {
			t.Errorf("ButForEngine(%q, %q) = %v", c.path, c.other, got)
		}
	}
}

// A failure is run again by the engine that ran it, and the run tells how many cases each engine had.
func TestEngineOfAFailure(t *testing.T) {
	result := func(kind verdict.Kind, engine string) Result {
		return NewResult(problem(t, 0), "host?engine=auto", paths.Description{}, verdict.Verdict{Kind: kind}, paths.Timing{Engine: engine}, 1)
	}
	var s Summary
	s.Add(result(verdict.Pass, "fibers"), "run")
	s.Add(result(verdict.Pass, "fibers"), "run")
	s.Add(result(verdict.Numeric, "wide"), "run")
	if len(s.Failures) != 1 || !strings.Contains(s.Failures[0].Replay, "engine=wide") {
		t.Errorf("failures %+v; want one whose replay names engine wide", s.Failures)
	}
	var b strings.Builder
	s.writeEngines(&b)
	if want := "engines        2 cases on fibers, 1 case on wide\n"; b.String() != want {
		t.Errorf("%q; want %q", b.String(), want)
	}
}
