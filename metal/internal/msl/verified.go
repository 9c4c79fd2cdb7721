package msl

import (
	"os"
	"sync"
	"time"
)

// verified are modules that this process has held against their digests. A path makes its pipelines anew every few cases, and to read
// and digest a module each time takes longer than many a case. A file that has changed since, in whatever way its system
// notes, is read again.
type verified struct {
	mu      sync.Mutex
	modules map[string]verifiedModule // by the names of their records
}

type verifiedModule struct {
	module Module
	files  map[string]stamp
	until  time.Time // when it is read again, and so kept from being trimmed
}

// believed is for how long a module is not read again.
const believed = time.Minute

// settled is how old a file's last change must be: systems' clocks go by milliseconds, and one more in the same would not show.
const settled = time.Second

// find is the module of a record whose files are what they were, else nil.
func (v *verified) find(record string) *Module {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.modules[record]
	if !ok {
		return nil
	}
	for name, was := range known.files {
		if is, ok := stampOf(name); !ok || is != was || time.Now().After(known.until) {
			delete(v.modules, record)
			return nil
		}
	}
	m := known.module
	return &m
}

// add takes a module that was verified since start, with all files that it depends on.
func (v *verified) add(record string, m *Module, start time.Time, files ...string) {
	stamps := make(map[string]stamp, len(files))
	for _, name := range files {
		s, ok := stampOf(name)
		if !ok || s.changed.After(start.Add(-settled)) {
			return
		}
		stamps[name] = s
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.modules == nil {
		v.modules = map[string]verifiedModule{}
	}
	v.modules[record] = verifiedModule{*m, stamps, start.Add(believed)}
}

// stamp is what a file system notes of a file's changes.
type stamp struct {
	device, number    uint64
	size              int64
	modified, changed time.Time
}

// stampOf is a regular file's stamp; ok is false where there is none, or where the system tells too little.
func stampOf(name string) (s stamp, ok bool) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return stamp{}, false
	}
	s = stamp{size: info.Size(), modified: info.ModTime()}
	return s, s.fill(info)
}
