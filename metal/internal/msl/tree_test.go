package msl_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

// TestOneTreeOfHeaders: compilers that start together on an empty cache, and on one whose headers are damaged, all find
// the headers as they must be, and nothing is left behind.
func TestOneTreeOfHeaders(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	dir := t.TempDir()
	damages := map[string]func(headers string) error{
		"none yet": func(string) error { return nil },
		"a header cut": func(headers string) error {
			return os.Truncate(filepath.Join(headers, "full", "msl_base.h"), 10)
		},
		"a header missing": func(headers string) error {
			return os.Remove(filepath.Join(headers, "empty", "metal_stdlib"))
		},
		"a file that does not belong there": func(headers string) error {
			return os.WriteFile(filepath.Join(headers, "empty", "metal_mine"), []byte("#error mine\n"), 0o644)
		},
		"a folder for a header": func(headers string) error {
			name := filepath.Join(headers, "empty", "metal_stdlib")
			if err := os.Remove(name); err != nil {
				return err
			}
			return os.MkdirAll(filepath.Join(name, "deeper"), 0o755)
		},
	}
	order := []string{"none yet"}
	for name := range damages {
		if name != order[0] {
			order = append(order, name)
		}
	}
	for _, name := range order {
		found, _ := filepath.Glob(filepath.Join(dir, "msl", "headers-*"))
		for _, headers := range found {
			if err := damages[name](headers); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				c, err := msl.New(msl.Options{Dir: dir})
				if err == nil {
					_, err = c.Reflect(t.Context(), msl.Program{Source: "#include <metal_stdlib>\nkernel void k() {}\n"})
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		if left, _ := filepath.Glob(filepath.Join(dir, "msl", ".new-*")); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

// TestAWholeTreeIsNotTouched: who finds the headers as they must be only reads them.
func TestAWholeTreeIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	look := func() map[string]os.FileInfo {
		c, err := msl.New(msl.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Reflect(t.Context(), msl.Program{Source: "#include <metal_stdlib>\nkernel void k() {}\n"}); err != nil {
			t.Fatal(err)
		}
		files := map[string]os.FileInfo{}
		for _, name := range filesOf(t, dir)["header"] {
			if files[name], err = os.Lstat(name); err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
	first := look()
	if len(first) < 20 {
		t.Fatalf("%d headers", len(first))
	}
	for name, info := range look() {
		if old := first[name]; old == nil || !os.SameFile(old, info) || !old.ModTime().Equal(info.ModTime()) || strings.Contains(name, ".new-") {
			t.Errorf("%s was written again", name)
		}
	}
}
