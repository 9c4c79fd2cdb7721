package msl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ErrNoClang says that no usable clang was found, and how to get one.
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

// compileFlags go with the compilation proper; text comes from standard input.
func compileFlags(math MathMode, check bool) []string {
	flags := []string{"-x", "cl", "-cl-std=clc++", "-cl-no-stdinc", "-Xclang", "-cl-single-precision-constant",
		"-fdeclspec", "-O2", "-fPIC", "-fvisibility=hidden",
		// Loops of one lane seldom gain from vectors and unrolling by guess, and cost a third of the compile time.
		"-fno-vectorize", "-mllvm", "-unroll-runtime=false",
		// A lane's stack ends in a guard that a large frame must not step over.
		"-fstack-clash-protection",
		"-fno-color-diagnostics", "-fno-caret-diagnostics", "-ferror-limit=40",
		"-Wno-everything", "-Werror=return-type",
		// The runtime tells simd operations apart by the address of their call, so code keeps its order.
		"-mllvm", "-disable-block-placement", "-mllvm", "-disable-tail-duplicate", "-mllvm", "-disable-early-taildup",
		"-mllvm", "-enable-tail-merge=false"}
	if runtime.GOARCH == "arm64" {
		// There the pragmas that turn on half, double and function pointers are not heard.
		flags = append(flags, "-mcpu=native", "-Xclang", "-cl-ext=+all")
	} else {
		flags = append(flags, "-march=native")
	}
	switch math {
	case MathFast:
		flags = append(flags, "-ffast-math", "-ffp-contract=fast")
	default:
		flags = append(flags, "-ffp-contract=off")
	}
	if check {
		flags = append(flags, "-fsanitize=thread", "-g1", "-DMSL_CHECKED=1",
			// The checker sees accesses of up to 16 bytes, and a read that a write follows only if told to.
			"-fno-slp-vectorize", "-mllvm", "-tsan-instrument-read-before-write=1")
	}
	return flags
}

// linkFlags make a shared object that needs nothing but the C library.
func linkFlags() []string {
	return []string{"-shared", "-fPIC", "-nostartfiles", "-Wl,--build-id=none", "-Wl,-z,norelro"}
}

// run executes clang in dir with text on its standard input. A done context kills it with all it started.
func run(ctx context.Context, clang, dir string, arguments []string, text string) (stdout, stderr string, err error) {
	c := exec.CommandContext(ctx, clang, arguments...)
	c.Dir = dir
	c.Stdin = strings.NewReader(text)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 2 * time.Second
	err = c.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("compiler stopped: %w", context.Cause(ctx))
	}
	return out.String(), errs.String(), err
}
