package msl_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

// filesOf lists the files of a cache by kind: module, record, parsed headers, headers.
func filesOf(t *testing.T, dir string) map[string][]string {
	t.Helper()
	kinds := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		kind := strings.TrimPrefix(filepath.Ext(path), ".")
		if strings.Contains(path, "headers-") {
			kind = "header"
		}
		kinds[kind] = append(kinds[kind], path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

func flip(t *testing.T, path string, random *rand.Rand) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 {
		data = []byte("garbage\n") // one of the empty headers
	} else {
		at := random.IntN(len(data))
		data[at] ^= 1 << random.IntN(8)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil { // in place, as bad memory or a disk does it
		t.Fatal(err)
	}
}

// TestAFlippedBitInTheCacheIsNeverBelieved flips bits in every kind of file that the cache has. Whatever is hit, the next
// module is byte for byte the one that was made first: another one could give other values.
func TestAFlippedBitInTheCacheIsNeverBelieved(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	dir := t.TempDir()
	c := compiler(t, msl.Options{Dir: dir})
	p := msl.Program{Source: "#include <metal_stdlib>\nusing namespace metal;\n" +
		"kernel void k(device float *o [[buffer(0)]], uint i [[thread_position_in_grid]]) { o[i] = exp(42.0f) * clamp(o[i], 1.0f, 2.0f); }\n"}
	first := build(t, c, p)
	want, err := os.ReadFile(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string) {
		t.Helper()
		m := build(t, c, p)
		if got, err := os.ReadFile(m.Path); err != nil || string(got) != string(want) {
			t.Errorf("%s: another module: %v", what, err)
		}
		if len(m.Entries) != 1 || len(m.Entries[0].Arguments) != 1 || m.Entries[0].Arguments[0].Index != 0 || m.Entries[0].Line != first.Entries[0].Line {
			t.Errorf("%s: other entries: %+v", what, m.Entries)
		}
	}
	random := rand.New(rand.NewPCG(12, 1))
	rounds := map[string]int{"so": 3, "json": 6, "pch": 3, "header": 4}
	for _, kind := range []string{"so", "json", "pch", "header"} {
		for range rounds[kind] {
			files := filesOf(t, dir)
			if len(files[kind]) == 0 {
				t.Fatalf("the cache has no %s: %v", kind, files)
			}
			hit := files[kind][random.IntN(len(files[kind]))]
			flip(t, hit, random)
			if kind == "pch" || kind == "header" { // they are read only when something is made
				if err := os.Remove(first.Path); err != nil {
					t.Fatal(err)
				}
			}
			if kind == "header" { // and headers only when they are parsed anew
				for _, parsed := range files["pch"] {
					os.Remove(parsed)
				}
			}
			same("a bit of " + filepath.Base(hit))
		}
	}
}

// TestDamageOfLengthAndPlace is damage that no flipped bit is: the right length with nothing in it, one file in
// another's place, a directory or a FIFO where a file was, a header too many.
func TestDamageOfLengthAndPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	dir := t.TempDir()
	c := compiler(t, msl.Options{Dir: dir})
	p := msl.Program{Source: small}
	m := build(t, c, p)
	want, _ := os.ReadFile(m.Path)
	other := build(t, c, msl.Program{Source: small + "\n\n"})
	records := filesOf(t, dir)["json"]
	if len(records) != 2 {
		t.Fatal(records)
	}
	header := filesOf(t, dir)["header"][0]
	for name, damage := range map[string]func() error{
		"zeros of the same length": func() error { return os.WriteFile(m.Path, make([]byte, len(want)), 0o755) },
		"another module":           func() error { return copyFile(other.Path, m.Path) },
		"another record":           func() error { return errors.Join(copyFile(records[0], records[1])) },
		"a record's twin":          func() error { return errors.Join(copyFile(records[1], records[0])) },
		"a directory":              func() error { return errors.Join(os.Remove(header), os.MkdirAll(header, 0o755), os.Remove(m.Path)) },
		"open to all":              func() error { return os.Chmod(m.Path, 0o777) },
	} {
		if err := damage(); err != nil {
			t.Fatal(name, err)
		}
		second := build(t, c, p)
		if got, err := os.ReadFile(second.Path); err != nil || string(got) != string(want) {
			t.Errorf("%s: another module, %v", name, err)
		}
	}
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

func TestACacheThatOthersCanWriteIsRefused(t *testing.T) {
	for name, prepare := range map[string]func(dir string) error{
		"writable by all":     func(dir string) error { return os.Chmod(filepath.Join(dir, "msl"), 0o777) },
		"writable by a group": func(dir string) error { return os.Chmod(filepath.Join(dir, "msl"), 0o775) },
		"below such a folder": func(dir string) error { return os.Chmod(dir, 0o777) },
		"another user's":      func(dir string) error { return os.Chown(filepath.Join(dir, "msl"), 65534, -1) },
		"a link to another's": func(dir string) error { return linkedAway(dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "msl"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := prepare(dir); err != nil {
				t.Skip("not allowed here: ", err) // to give a directory away takes root
			}
			_, err := msl.New(msl.Options{Dir: dir})
			if !errors.Is(err, msl.ErrUntrustedCache) || !strings.Contains(err.Error(), "ATTEST_CACHE") {
				t.Errorf("%v, want a refusal that says what to do", err)
			}
		})
	}
}

func linkedAway(dir string) error {
	theirs := filepath.Join(dir, "theirs")
	if err := os.Mkdir(theirs, 0o777); err != nil {
		return err
	}
	return errors.Join(os.Chmod(theirs, 0o777), os.Remove(filepath.Join(dir, "msl")), os.Symlink(theirs, filepath.Join(dir, "msl")))
}
