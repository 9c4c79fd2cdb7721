//go:build unix

package msl_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"

	"attest.example/attest/metal/internal/msl"
)

// TestWhatAKilledClangLeaves beside the file that it writes is gone with the compilation.
func TestWhatAKilledClangLeaves(t *testing.T) {
	dir := t.TempDir()
	clang := fakeClang(t, `for a; do [ "$last" = -o ] && out=$a; last=$a; done
case " $* " in *' -c '*) echo half > "${out%/*}/-0123abcd${out##*/}.tmp"; kill -KILL $$;; esac
exec '`+compiler(t, msl.Options{}).Clang()+`' "$@"
`)
	c := compiler(t, msl.Options{Dir: dir, Clang: clang})
	if _, err := c.Build(context.Background(), msl.Program{Source: small}); err == nil {
		t.Fatal("it was compiled; want an error")
	}
	_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".tmp") || strings.Contains(path, ".new-") {
			t.Error("left behind:", path)
		}
		return err
	})
}

// TestOneThatWasStoppedHoldsNobodyUp: as by Ctrl-Z, with the lock in its hands.
func TestOneThatWasStoppedHoldsNobodyUp(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for what a compiler may take: make test runs it")
	}
	c := compiler(t, msl.Options{Dir: t.TempDir(), Deadline: 5 * time.Second})
	program := msl.Program{Source: small}
	stopped := flock.New(c.LockOf(program))
	if err := stopped.Lock(); err != nil {
		t.Fatal(err)
	}
	defer stopped.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := c.Build(ctx, program); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.LockOf(program)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v: the next one waits for it too", err)
	}
}

// TestACacheThatFailsCostsNoKernel: one that is removed in the midst of it is made again, and what cannot be is done without.
func TestACacheThatFailsCostsNoKernel(t *testing.T) {
	for name, instead := range map[string]func(dir string) error{
		"removed": func(string) error { return nil },
		"a file":  func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			dir := t.TempDir()
			c := compiler(t, msl.Options{Dir: dir})
			build(t, c, msl.Program{Source: small})
			folder := filepath.Join(dir, "msl")
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			if err := instead(folder); err != nil {
				t.Fatal(err)
			}
			for _, engine := range []msl.Engine{msl.EngineFibers, msl.EngineWide} {
				build(t, c, msl.Program{Source: small + "// another\n", Engine: engine})
			}
			if _, err := os.Stat(folder + "/."); (err == nil) != (c.Warning() == "") {
				t.Errorf("the cache: %v; the warning: %q", err, c.Warning())
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestTheMachineAtFault: where a kernel of one line is not compiled either, it is not the text's.
func TestTheMachineAtFault(t *testing.T) {
	broken := fakeClang(t, `printf 'rubbish \377\033[2J' >&2; exit 1`)
	c := compiler(t, msl.Options{Dir: t.TempDir(), Clang: broken})
	if _, err := c.Build(context.Background(), msl.Program{Source: small}); !errors.Is(err, msl.ErrMachine) || !strings.Contains(err.Error(), "rubbish") ||
		!utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "\033") {
		t.Errorf("a clang that fails: %v; want %v, and what it said", err, msl.ErrMachine)
	}
	c = compiler(t, msl.Options{Dir: t.TempDir()})
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	if _, err := c.Build(context.Background(), msl.Program{Source: small}); !errors.Is(err, msl.ErrMachine) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no folder for temporary files: %v; want %v, and which folder", err, msl.ErrMachine)
	}
}

// TestATextAtFault is not the machine's.
func TestATextAtFault(t *testing.T) {
	c := compiler(t, msl.Options{Dir: t.TempDir()})
	for _, source := range []string{"kernel void k(device float *o) { o[0] = unheard_of; }\n", "kernel void k(", "#include \"none.h\"\n"} {
		if _, err := c.Build(context.Background(), msl.Program{Source: source}); err == nil || errors.Is(err, msl.ErrMachine) {
			t.Errorf("%s: %v; want an error of the text", source, err)
		}
	}
}
