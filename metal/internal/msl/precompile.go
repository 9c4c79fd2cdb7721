package msl

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// unitHeader is what a text that gives vectors these swizzles begins with.
func (c *Compiler) unitHeader(swizzles string) string {
	return swizzles + "#include \"" + c.target.header() + "\"\n"
}

// precompiled returns our headers as clang has parsed them for these flags and swizzles, made if need be: parsing them
// is half of what the front end does for a kernel. It returns "" where that does not work out; the headers then are
// parsed anew.
func (c *Compiler) precompiled(ctx context.Context, headers string, flags []string, swizzles string) string {
	clang, err := clangIdentity(c.clang)
	if err != nil {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s", clang, c.identity, headers, strings.Join(flags, "\x00"), swizzles)
	key := sum(h)
	if name := c.cache.findPrecompiled(key); name != "" {
		return name
	}
	defer c.cache.takeTurn(ctx, key)()
	if name := c.cache.findPrecompiled(key); name != "" {
		return name
	}
	made, remove, err := c.cache.scratch()
	if err != nil {
		return ""
	}
	defer remove()
	arguments := append(flags[:len(flags):len(flags)], "-I", filepath.Join(headers, "full"), "-Xclang", "-emit-pch", "-c", "-o", made, "-")
	if _, _, err := c.run(ctx, arguments, c.unitHeader(swizzles)); err != nil {
		return ""
	}
	name, err := c.cache.keepPrecompiled(key, made)
	if err != nil {
		return ""
	}
	return name
}

// parsed is where those files lie. They are found by a look at every name, and modules are tens of thousands.
func (c *cache) parsed() string { return filepath.Join(c.dir, "parsed") }

// keepPrecompiled moves a file that was made into the cache, by the key and the digest of what is in it.
func (c *cache) keepPrecompiled(key, made string) (string, error) {
	data, err := os.ReadFile(made)
	if err != nil {
		return "", err
	}
	if len(data) == 0 {
		return "", fmt.Errorf("%s: the compiler made an empty file", made)
	}
	name := filepath.Join(c.parsed(), key+"-"+digestBytes(data)+".pch")
	if err := os.Chmod(made, 0o644); err != nil {
		return "", err
	}
	if err := os.Mkdir(c.parsed(), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return name, os.Rename(made, name)
}

// findPrecompiled returns the file of that key whose contents have the digest in its name, and removes others: clang
// reads such a file as it is, and may take any damage in it for declarations.
func (c *cache) findPrecompiled(key string) string {
	names, err := filepath.Glob(filepath.Join(c.parsed(), key+"-*.pch"))
	if err != nil {
		return ""
	}
	for _, name := range names {
		digest, info, err := digestOwn(name)
		if err == nil && filepath.Base(name) == key+"-"+digest+".pch" {
			touch(info, name)
			return name
		}
		os.Remove(name)
	}
	return ""
}
