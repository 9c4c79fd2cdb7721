package msl

import (
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"
)

// A look at every file of a large cache takes as long as a small kernel takes to compile. So a process looks once it has added
// this share of the bound, and all that use the cache together once a minute: that much, and no more, it may be too large.
const (
	trimShare = 64
	trimEvery = time.Minute
	trimmed   = "trimmed" // a file as old as the last look
)

// pending is what the names begin with of files and folders that are not whole yet.
const pending = ".new-"

// isPending is true also of what clang, and who writes a file at once, have beside the one that they write: .new-KEY.json123 or
// -abc.new-123.tmp. When they are killed it stays.
func isPending(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, pending)
}

// trimIfDue trims after a module of so many bytes was kept.
func (c *cache) trimIfDue(except string, bytes int64) {
	marker := filepath.Join(c.dir, trimmed)
	info, err := os.Stat(marker)
	if due := err != nil || time.Since(info.ModTime()).Abs() >= trimEvery; !due && c.added.Add(bytes) < c.maxBytes/trimShare {
		return
	}
	c.added.Store(0)
	if os.WriteFile(marker, nil, 0o644) == nil { // or others look as well, which is only slow
		_ = os.Chtimes(marker, time.Now(), time.Now())
	}
	c.trim(except)
}

// trim removes the modules that were used longest ago until the cache keeps to its bound, the given one excepted, and
// what an interrupted process left behind.
func (c *cache) trim(except string) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	c.forgetSpent()
	parsed, _ := os.ReadDir(c.parsed()) // absent where no header was parsed yet
	type module struct {
		path  string
		bytes int64
		used  time.Time
	}
	var modules []module
	total := int64(0)
	for n, entry := range slices.Concat(entries, parsed) {
		info, err := entry.Info()
		if err != nil {
			continue
		}
		path := filepath.Join(c.dir, entry.Name())
		if n >= len(entries) {
			path = filepath.Join(c.parsed(), entry.Name())
		}
		if isPending(entry.Name()) {
			if time.Since(info.ModTime()) > time.Hour {
				os.RemoveAll(path)
			}
			continue
		}
		if entry.IsDir() || entry.Name() == trimmed {
			continue
		}
		total += info.Size()
		if ext := filepath.Ext(path); path != except && path != twinOf(except) && ext != ".json" && ext != ".lock" {
			modules = append(modules, module{path, info.Size(), info.ModTime()})
		}
	}
	sort.Slice(modules, func(i, j int) bool { return modules[i].used.Before(modules[j].used) })
	for _, m := range modules {
		if total <= c.maxBytes {
			return
		}
		if os.Remove(m.path) == nil {
			total -= m.bytes
		}
		if key, _, isModule := strings.Cut(filepath.Base(m.path), "-"); isModule {
			os.Remove(filepath.Join(c.dir, key+".json"))
		}
	}
}

// dependencies reads the file names of a make rule as clang -MD writes it.
func dependencies(rule string) []string {
	_, rule, _ = strings.Cut(rule, ":")
	rule = strings.ReplaceAll(rule, "\\\n", " ")
	var names []string
	for _, word := range strings.Fields(strings.ReplaceAll(rule, "\\ ", "\x00")) {
		name := strings.NewReplacer("\x00", " ", "$$", "$", "\\#", "#").Replace(word)
		if name != "<stdin>" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func isUnder(name, dir string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}
