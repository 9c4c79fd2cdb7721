package msl

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// trim removes the modules that were used longest ago until the cache keeps to its bound, the given one excepted, and
// what an interrupted process left behind.
func (c *cache) trim(except string) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	type module struct {
		path  string
		bytes int64
		used  time.Time
	}
	var modules []module
	total := int64(0)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue
		}
		path := filepath.Join(c.dir, entry.Name())
		if strings.HasPrefix(entry.Name(), ".new-") {
			if time.Since(info.ModTime()) > time.Hour {
				os.RemoveAll(path)
			}
			continue
		}
		if entry.IsDir() {
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
