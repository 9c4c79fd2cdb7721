package msl

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoClang is returned where no usable clang was found; its text tells how to get one.
var ErrNoClang = errors.New("no clang found: install the Debian package clang-19 (any of clang-14 to clang-19 will do) or set ATTEST_CLANG to one")

// findClang returns the compiler's path: the one asked for, $ATTEST_CLANG, or the newest on the path.
func findClang(asked string) (string, error) {
	if asked == "" {
		asked = os.Getenv("ATTEST_CLANG")
	}
	if asked != "" {
		path, err := exec.LookPath(asked)
		if err != nil {
			return "", fmt.Errorf("clang %q: %w", asked, err)
		}
		return path, nil
	}
	for version := 19; version >= 14; version-- {
		if path, err := exec.LookPath(fmt.Sprintf("clang-%d", version)); err == nil {
			return path, nil
		}
	}
	if path, err := exec.LookPath("clang"); err == nil {
		return path, nil
	}
	return "", ErrNoClang
}

// clangFor is the compiler for a target, and what it is known by in the keys of modules. A module that depends on no machine
// may have been made on another, by another clang: its key names none, and none need be here to find it.
func clangFor(t target, asked string) (path, identity string, err error) {
	path, err = findClang(asked)
	if !t.portable() {
		if err == nil {
			identity, err = clangIdentity(path)
		}
		return path, identity, err
	}
	if err != nil && !errors.Is(err, ErrNoClang) {
		return "", "", err
	}
	return path, "", nil
}

// clangIdentity tells one compiler from another without running it.
func clangIdentity(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %d", real, info.Size(), info.ModTime().UnixNano()), nil
}

// preprocessFlags go with clang -E: nothing is predefined but what MSL predefines.
func preprocessFlags(p *Program) []string {
	flags := []string{"-E", "-x", "c++", "-std=c++17", "-nostdinc", "-undef", "-fno-color-diagnostics",
		"-fno-caret-diagnostics",
		"-w", "-D__METAL__=1", "-D__METAL_MACOS__=1",
		fmt.Sprintf("-D__METAL_VERSION__=%d", p.languageVersion())}
	if p.languageVersion() >= 310 {
		flags = append(flags, "-D__HAVE_BFLOAT__=1")
	}
	for _, name := range sortedKeys(p.Defines) {
		flags = append(flags, "-D"+name+"="+p.Defines[name])
	}
	return flags
}
