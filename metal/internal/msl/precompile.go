package msl

import (
	"context"
	"crypto/sha256"
	"fmt"
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
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s", c.identity, headers, strings.Join(flags, "\x00"), swizzles)
	key := sum(h)
	name := filepath.Join(c.cache.dir, key+".pch")
	if isMade(name) {
		return name
	}
	defer c.cache.alone(ctx, key)()
	if isMade(name) {
		return name
	}
	made, err := c.cache.scratch()
	if err != nil {
		return ""
	}
	defer os.Remove(made)
	arguments := append(flags[:len(flags):len(flags)], "-I", filepath.Join(headers, "full"), "-Xclang", "-emit-pch", "-c", "-o", made, "-")
	if _, _, err := run(ctx, c.clang, "", arguments, c.unitHeader(swizzles)); err != nil {
		return ""
	}
	if !isMade(made) || os.Rename(made, name) != nil {
		return ""
	}
	return name
}

// isMade reports whether a file is there and notes that it is in use.
func isMade(name string) bool {
	info, err := os.Stat(name)
	if err != nil || info.Size() == 0 {
		return false
	}
	touch(info, name)
	return true
}
