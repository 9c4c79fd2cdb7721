package msl

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Several processes add to one sum, one of them claims it, and it begins anew.
func TestSpent(t *testing.T) {
	dir := t.TempDir()
	var compilers [4]*Compiler
	for i := range compilers {
		c, err := New(Options{Dir: dir})
		if err != nil {
			t.Skip(err)
		}
		compilers[i] = c
	}
	var all sync.WaitGroup
	for _, c := range compilers {
		all.Go(func() {
			for range 50 {
				c.Spend("kernel", time.Millisecond)
			}
		})
	}
	all.Wait()
	if got, want := compilers[0].Spend("kernel", time.Second), 1200*time.Millisecond; got != want {
		t.Errorf("the sum is %v; want %v", got, want)
	}
	if got := compilers[1].Spend("another", time.Millisecond); got != time.Millisecond {
		t.Errorf("another kernel's sum is %v; want its own", got)
	}
	var claims atomic.Int32
	for _, c := range compilers {
		all.Go(func() {
			if c.Claim("kernel") {
				claims.Add(1)
			}
		})
	}
	all.Wait()
	if claims.Load() != 1 {
		t.Errorf("%d processes claimed the kernel; want one", claims.Load())
	}
	if got := compilers[2].Spend("kernel", time.Millisecond); got != time.Millisecond {
		t.Errorf("after the claim the sum is %v; want it anew", got)
	}
}

// What nobody has added to for weeks is forgotten, and no damage to a file makes a sum less than what is added.
func TestSpentIsForgotten(t *testing.T) {
	c, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Skip(err)
	}
	c.Spend("old", time.Second)
	c.Spend("new", time.Second)
	folder := filepath.Join(c.cache.dir, spentFolder)
	month := time.Now().Add(-30 * 24 * time.Hour)
	if err := os.Chtimes(filepath.Join(folder, "old"), month, month); err != nil {
		t.Fatal(err)
	}
	c.cache.trim("")
	if c.Claim("old") || !c.Claim("new") {
		t.Error("want the old one forgotten, and it alone")
	}
	if err := os.WriteFile(filepath.Join(folder, "damaged"), []byte("\xff\xff\xff\xff\xff\xff\xff\xffabc"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := c.Spend("damaged", time.Millisecond); got < time.Millisecond {
		t.Errorf("a damaged file's sum is %v", got)
	}
}
