package msl

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A module is read once in a process as long as none of its files changes, and again after each change, be it one of which only
// the file system's own time tells.
func TestVerifiedModules(t *testing.T) {
	var v verified
	dir := t.TempDir()
	record, module := filepath.Join(dir, "record"), filepath.Join(dir, "module")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(record, "a record")
	write(module, "a module")
	if _, ok := stampOf(module); !ok {
		t.Skip("this system tells too little of its files")
	}
	late := time.Now().Add(time.Hour)
	add := func() {
		t.Helper()
		v.add(record, &Module{Path: module}, late, record, module)
		if m := v.find(record); m == nil || m.Path != module {
			t.Fatalf("found %v; want the module", m)
		}
	}
	v.add(record, &Module{Path: module}, time.Now(), record, module)
	if v.find(record) != nil {
		t.Error("believed files that have just been written")
	}
	add()
	info, err := os.Stat(module)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	write(module, "A MODULE")
	if err := os.Chtimes(module, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if v.find(record) != nil {
		t.Error("believed a module that was written anew, of the same length and time")
	}
	add()
	if err := os.Remove(record); err != nil {
		t.Fatal(err)
	}
	if v.find(record) != nil {
		t.Error("believed a module without its record")
	}
	write(record, "a record")
	add()
	write(filepath.Join(dir, "other"), "a module")
	if err := os.Rename(filepath.Join(dir, "other"), module); err != nil {
		t.Fatal(err)
	}
	if v.find(record) != nil {
		t.Error("believed a module in whose place is another file")
	}
}
