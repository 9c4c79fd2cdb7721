package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestDirectoriesOfOneMoment: nobody gets the directory that another has, and what is not used goes away.
func TestDirectoriesOfOneMoment(t *testing.T) {
	t.Chdir(t.TempDir())
	now := time.Now()
	const many = 20
	var all sync.WaitGroup
	var mutex sync.Mutex
	frees := map[string]func(){}
	for range many {
		all.Go(func() {
			dir, free := defaultDir("naive", now)
			mutex.Lock()
			defer mutex.Unlock()
			frees[dir] = free
		})
	}
	all.Wait()
	if len(frees) != many {
		t.Errorf("%d directories for %d runs", len(frees), many)
	}
	var used string
	for dir := range frees {
		used = dir
	}
	if err := os.WriteFile(filepath.Join(used, "log"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, free := range frees {
		free()
	}
	if left, err := filepath.Glob("runs/*"); err != nil || len(left) != 1 || left[0] != used {
		t.Errorf("left are %q, %v; want %s", left, err, used)
	}
}

// TestADirectoryOfALongCommand: a command line is no name of a file.
func TestADirectoryOfALongCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, free := defaultDir("exec:python3 mine.py --weights "+strings.Repeat("/deep", 100), time.Now())
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	if free(); len(dir) < 40 {
		t.Errorf("%s does not say what ran", dir)
	}
	if _, err := os.Stat("runs"); err == nil {
		t.Error("runs/ was made for nothing and is still there")
	}
}
