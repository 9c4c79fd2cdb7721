package msl

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"attest.example/attest/metal/plainfile"
	"attest.example/attest/metal/scratch"
)

// defaultMaxBytes holds all that a long run compiles, since what is removed in the midst of it is compiled twice: the 1,253 kernels
// of 36,550 default cases were 730 MB as PTX, and more cases bring more.
const defaultMaxBytes = 4 << 30

// cache keeps modules on disk, in a directory that several processes may use at once:
//
//	headers-DIGEST/   our headers
//	KEY.json          a record: what the program included, its entry points, and the digest of its module; sealed
//	KEY-FILES.so      the module; FILES is the digest of what it included
//	KEY-FILES.twin.so the same, but that private variables without a value start as zeros; only of a checked module, and
//	                  only where that makes another module
//	spent/            how long fibers have been at kernels: spent.go
//	tool-DIGEST.json  the version of a tool, by its file's path, size and time
//	trimmed           empty, as old as the last look at how much there is
//	parsed/KEY-DIGEST.pch
//	                  our headers as clang has parsed them; DIGEST is the file's own
//
// Every file appears by a rename, and what is not whole yet has a name that begins with a dot. None is believed by its name or length: contents are held against their digests, by each
// process and after each change, and what is damaged, incomplete or another user's is not found, and made anew.
type cache struct {
	dir       string
	temporary *scratch.Held // nil: the directory stays
	maxBytes  int64
	patience  time.Duration // for how long who makes something is waited for
	added     atomic.Int64  // bytes, since this process looked at all of it
	verified  verified
	warning   string
}

// record is what KEY.json holds.
type record struct {
	Files   []string // included, beside our headers
	Entries []Entry
	Skipped []Skipped
	Engines []EngineOf `json:",omitempty"`
	Module  string     // name of the module's file
	Sum     string     // digest of the module's bytes
	Twin    string     `json:",omitempty"` // digest of the twin's bytes, "" where there is none
	Digest  string     // of the files' contents

	NotOpen bool    `json:",omitempty"` // of an open module: there can be none
	Passing passing `json:",omitzero"`
}

func openCache(dir string, maxBytes int64, patience time.Duration) (*cache, error) {
	scratch.Tidy() // of a program in C that was killed while it waited for us
	if maxBytes == 0 {
		maxBytes = defaultMaxBytes
	}
	if dir == "" {
		dir = os.Getenv("ATTEST_CACHE")
	}
	var err error
	if dir == "" {
		if dir, err = os.UserCacheDir(); err == nil {
			dir = filepath.Join(dir, "attest")
		}
	}
	c := &cache{dir: filepath.Join(dir, "msl"), maxBytes: maxBytes, patience: patience}
	if err == nil {
		err = c.usable(0)
	}
	if err == nil {
		return c, nil
	}
	if errors.Is(err, ErrUntrustedCache) {
		return nil, err
	}
	return temporaryCache(maxBytes, patience, err)
}

// usable makes the directory if need be and returns why files of so many bytes cannot be made in it, or are not to be.
func (c *cache) usable(room int) error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.dir, pending+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, room))
	if err = errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return err
	}
	return trusted(c.dir)
}

func (c *cache) close() error {
	if c.temporary == nil {
		return nil
	}
	return c.temporary.Remove()
}

// scratch returns the name of a file to be made, that can be renamed into the cache, in a folder of its own, and what removes
// that. Clang writes beside the file, under a name of its own, and renames; killed, it leaves what it wrote.
func (c *cache) scratch() (name string, remove func(), err error) {
	names, remove, err := c.scratches(1)
	if err != nil {
		return "", nil, err
	}
	return names[0], remove, nil
}

// scratches are several of them.
func (c *cache) scratches(n int) (names []string, remove func(), err error) {
	folder, err := os.MkdirTemp(c.dir, pending+"*")
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		names = append(names, filepath.Join(folder, fmt.Sprint("made-", i)))
	}
	return names, func() { os.RemoveAll(folder) }, nil
}

// key is the digest of everything a module depends on, but for the contents of the files it includes.
func (c *Compiler) key(p *Program) string {
	h := sha256.New()
	part := func(name, value string) { fmt.Fprintf(h, "%s %d %s\n", name, len(value), value) }
	part("compiler", c.identity)
	part("headers", headerDigest())
	part("rewriter", rewriterDigest())
	output, _ := c.target.output()
	part("flags", strings.Join(slices.Concat(preprocessFlags(p), c.target.flags(p.Math, p.Check), slices.Concat(c.target.privateFills(p.Check)...), output, c.target.link()), "\x00"))
	part("source", p.Source)
	part("file", p.fileName())
	part("function", p.Function)
	if p.Piece.Of > 1 {
		part("piece", fmt.Sprint(p.Piece.Index, " of ", p.Piece.Of))
	}
	part("includes", strings.Join(p.Includes, "\x00"))
	for _, name := range sortedKeys(p.Files) {
		part(name, p.Files[name])
	}
	if p.open {
		part("open", "")
	}
	for _, k := range p.Constants {
		part("constant", fmt.Sprintf("%q %d %d %x", k.Name, k.Index, k.Type, k.Bits))
	}
	return sum(h)
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil))[:32] }

// digestOf is the digest of the files' contents.
func digestOf(files []string) (string, bool) {
	h := sha256.New()
	for _, name := range files {
		data, err := plainfile.Read(name, maxTextBytes)
		if err != nil {
			return "", false
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
	}
	return sum(h), true
}

// recordIn returns what is known of a program that was compiled before, if what it included is what it was then.
func (c *cache) recordIn(name string) (r record, ok bool) {
	if !readSealed(name, &r) {
		return r, false
	}
	digest, ok := digestOf(r.Files)
	return r, ok && digest == r.Digest
}

func (c *cache) recordName(compiler *Compiler, p *Program) string {
	return filepath.Join(c.dir, compiler.key(p)+".json")
}

// knownNotOpen reports whether a text was found to have no open module.
func (c *cache) knownNotOpen(compiler *Compiler, p *Program) bool {
	r, ok := c.recordIn(c.recordName(compiler, p))
	return ok && r.NotOpen
}

// keepNotOpen remembers that. Where it cannot be kept it is found out again.
func (c *cache) keepNotOpen(compiler *Compiler, p *Program, files []string) {
	if digest, ok := digestOf(files); ok {
		writeSealed(c.recordName(compiler, p), record{Files: files, Digest: digest, NotOpen: true})
	}
}

// find returns the module of a program that was compiled before, or nil.
func (c *cache) find(compiler *Compiler, p *Program) *Module {
	name, start := c.recordName(compiler, p), time.Now()
	if m := c.verified.find(name); m != nil {
		return m
	}
	r, ok := c.recordIn(name)
	if !ok || r.Module == "" || !filepath.IsLocal(r.Module) || r.Passing.isOver(compiler.deadline) {
		return nil
	}
	path := filepath.Join(c.dir, r.Module)
	digest, info, err := digestOwn(path)
	if err != nil || digest != r.Sum {
		return nil
	}
	files := append([]string{name, path}, r.Files...)
	if r.Twin != "" {
		files = append(files, twinOf(path))
		if twin, _, err := digestOwn(twinOf(path)); err != nil || twin != r.Twin {
			return nil
		}
		touch(info, twinOf(path))
	}
	touch(info, path, name)
	m := &Module{Path: path, Entries: r.Entries, Skipped: r.Skipped, Engines: r.Engines, Cached: true, files: r.Files, twin: r.Twin != "", passing: r.Passing}
	c.verified.add(name, m, start, files...)
	return m
}

// touch notes that files are in use, for trimming; info is of one of them. Not worth a write each time.
func touch(info os.FileInfo, files ...string) {
	if now := time.Now(); now.Sub(info.ModTime()) > time.Minute {
		for _, name := range files {
			os.Chtimes(name, now, now)
		}
	}
}

// twinOf is the name of a module's twin, by which package host finds it.
func twinOf(module string) string {
	extension := filepath.Ext(module)
	return strings.TrimSuffix(module, extension) + ".twin" + extension
}

// keep moves a new module into the cache, with its twin where that differs, and fills in its path.
func (c *cache) keep(compiler *Compiler, p *Program, files, objects []string, m *Module) error {
	key := compiler.key(p)
	digest, ok := digestOf(files)
	if !ok {
		digest = "gone"
	}
	var sums []string
	bytes := int64(0)
	for _, object := range objects {
		data, err := os.ReadFile(object)
		if err != nil {
			return err
		}
		bytes += int64(len(data))
		sums = append(sums, digestBytes(data))
		if err := os.Chmod(object, 0o755); err != nil {
			return err
		}
	}
	_, extension := compiler.target.output()
	r := record{Files: files, Entries: m.Entries, Skipped: m.Skipped, Engines: m.Engines, Module: key + "-" + digest + extension, Sum: sums[0], Digest: digest, Passing: m.passing}
	m.Path, m.files = filepath.Join(c.dir, r.Module), files
	if len(sums) > 1 && sums[1] != sums[0] {
		r.Twin, m.twin = sums[1], true
		if err := os.Rename(objects[1], twinOf(m.Path)); err != nil {
			return err
		}
	} else if err := os.Remove(twinOf(m.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(objects[0], m.Path); err != nil {
		return err
	}
	if err := writeSealed(filepath.Join(c.dir, key+".json"), r); err != nil {
		return err
	}
	c.trimIfDue(m.Path, bytes)
	return nil
}

// processor identifies the instruction set that -march=native means.
var processor = sync.OnceValue(func() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "vendor_id", "cpu family", "model", "flags", "Features", "CPU part":
			lines = append(lines, strings.TrimSpace(line))
		}
		if strings.TrimSpace(line) == "" {
			break // one processor speaks for all
		}
	}
	return runtime.GOARCH + "\n" + strings.Join(lines, "\n")
})
