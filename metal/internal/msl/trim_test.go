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

// TestParsedHeadersAreTrimmedToo: they lie in a folder of their own, and count.
func TestParsedHeadersAreTrimmedToo(t *testing.T) {
	c := &cache{dir: t.TempDir(), maxBytes: 64_000}
	if err := os.Mkdir(c.parsed(), 0o700); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(c.parsed(), "key-digest.pch"), filepath.Join(c.dir, "young.so")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, make([]byte, 40_000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	c.trim("")
	if _, err := os.Stat(old); err == nil {
		t.Error("parsed headers were left, and 80,000 bytes where 64,000 may be")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error(err)
	}
}
