package msl

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestTheCacheIsLookedOverNowAndThen: not after each small module, but once a minute, and once a process has added much.
func TestTheCacheIsLookedOverNowAndThen(t *testing.T) {
	c := &cache{dir: t.TempDir(), maxBytes: 64_000}
	old := filepath.Join(c.dir, "old.so")
	left := func() bool {
		_, err := os.Stat(old)
		return err == nil
	}
	full := func() {
		t.Helper()
		if err := os.WriteFile(old, make([]byte, 65_000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	full()
	if c.trimIfDue("", 10); left() {
		t.Error("the first look left too much")
	}
	full()
	if c.trimIfDue("", 10); !left() {
		t.Error("looked again after 10 bytes")
	}
	if c.trimIfDue("", 1_000); left() {
		t.Error("did not look after 1/64 of the bound")
	}
	full()
	if (&cache{dir: c.dir, maxBytes: c.maxBytes}).trimIfDue("", 10); !left() {
		t.Error("another process looked again at once")
	}
	for _, age := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
		full()
		at := time.Now().Add(age)
		if err := os.Chtimes(filepath.Join(c.dir, trimmed), at, at); err != nil {
			t.Fatal(err)
		}
		if c.trimIfDue("", 10); left() {
			t.Errorf("did not look after a minute (%v)", age)
		}
	}
	if _, err := os.Stat(filepath.Join(c.dir, trimmed)); err != nil {
		t.Error("the marker was trimmed away:", err)
	}
}
