//go:build linux

package queue

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/precision"
)

// countingClang is a clang that notes what is in each object that it links, and where it notes it; "" where there is no clang.
func countingClang(t *testing.T) (wrapper, notes string) {
	t.Helper()
	for _, name := range []string{"clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang"} {
		clang, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		dir := t.TempDir()
		wrapper, notes = filepath.Join(dir, name), filepath.Join(dir, "notes")
		script := "#!/bin/sh\ncase \" $* \" in *\" -shared \"*) cksum < \"$1\" >> '" + notes + "';; esac\nexec '" + clang + "' \"$@\"\n"
		if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		return wrapper, notes
	}
	return "", ""
}

// Two workers on one machine that begin at once with the same kernels compile each of them once, and their run is that of one.
func TestTwoWorkersCompileAKernelOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles kernels")
	}
	clang, notes := countingClang(t)
	if clang == "" {
		t.Skip("path host wants a clang, 14 to 19, and there is none")
	}
	cache := t.TempDir()
	t.Setenv("ATTEST_CLANG", clang)
	t.Setenv("ATTEST_CACHE", cache)
	o := small(64)
	o.Filter = gen.Filter{Precision: []precision.Format{precision.FP32}, Mask: []cases.MaskKind{cases.NoMask}, HeadDim: []gen.Span{{Low: 16, High: 16}}, MaxLen: 24, Single: true}
	_, b := served(t, ServerOptions{})
	url := b.conn.ConnectedUrl()
	log, lock := &strings.Builder{}, &sync.Mutex{}
	for _, name := range []string{"one", "two"} {
		w := &process{name: name, env: []string{workEnv + "=" + url + " " + name, pathEnv + "=host"}, out: log, lock: lock}
		w.start(t, "working")
		t.Cleanup(w.kill)
	}
	submitted(t, b, "host", o, PlannedRun{Path: "mine"})
	for deadline := time.Now().Add(8 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if _, last, err := b.taken(t.Context(), run{"host", 0}); err == nil && last != nil && last.Final != nil {
			break
		}
		if time.Now().After(deadline) {
			lock.Lock()
			defer lock.Unlock()
			t.Fatalf("the campaign does not come to an end; what was said:\n%s", tail(log.String(), 4000))
		}
	}
	workers := map[string]bool{}
	r := run{"host", 0}
	for first := 0; first < o.Cases; first += 16 {
		s, err := b.at(t.Context(), r.resultSubject(0, first))
		if errors.Is(err, errNone) {
			continue // of a later batch
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := b.content(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		res, err := decode(data, item{casesItem, 0, first, first + 16})
		if err != nil {
			t.Fatal(err)
		}
		workers[res.made.Worker] = true
	}
	if len(workers) != 2 {
		t.Errorf("only %v worked, so no two wanted a kernel at once", workers)
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Sort(linked)
	if once := slices.Compact(slices.Clone(linked)); len(once) != len(linked) || len(linked) < 2 {
		t.Errorf("%d modules were linked, %d different ones; want as many, and several", len(linked), len(once))
	}
	t.Logf("%d modules, %d cases, %v", len(linked), o.Cases, workers)
	dir, _ := merged(t, b, "host")
	same(t, dir, alone(t, o, "host"))
}
