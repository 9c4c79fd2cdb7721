package mutate

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json/v1"
	"golang.org/x/sync/errgroup"

	"attest.example/attest/harness/internal/posix"
)

// Build is something to run: a path by the name that catalog.Open takes, and the program that opens it.
type Build struct {
	Program string // an attest
	Path    string
}

// Builder makes mutants in a directory of its own. It is not safe for use by several goroutines at once, but what it
// has built is.
type Builder struct {
	Tree    Tree
	Dir     string // for what is built
	Program string // the attest that runs what is not written in Go
	Path    string // that computes with mutated texts of the kernel; "": a library of its own for each mutant

	objects map[string]string // of the unmutated C sources, by their paths in the tree
}

const kernelFile = "metal/kernels/attention.metal"

// library repeats how metal/mfa/lib.mk makes libmfa: from these sources, with these directories for headers.
var library = struct {
	sources, without, copied, headers []string
}{
	sources: []string{"metal/mfa/*.c", "metal/mfa/shared/*.c", "metal/internal/host/*.c", "metal/internal/host/*.S"},
	without: []string{"metal/mfa/library.c"}, // loads libraries; it is no part of one
	copied:  []string{"metal/mfa", "metal/mfa/shared", "metal/internal/host", "metal/internal/device", "metal/internal/msl/include"},
	headers: []string{"metal/internal/device", "metal/internal/host", "metal/internal/msl/include"},
}

// checkedPath is the host path with the checkers: bounds, races, uninitialised reads, divergence.
const checkedPath = "host?check=1"

// Original builds what the mutants are compared with: the unmutated library, or this program's own with the checkers.
func (b *Builder) Original(ctx context.Context, check, plain bool) (Build, error) {
	if check {
		return Build{Program: b.Program, Path: checkedPath}, nil
	}
	if b.Path != "" {
		return Build{Program: b.Program, Path: b.Path}, nil
	}
	built, err := b.library(ctx, "original", map[string]string{})
	built.Path += plainOptions(plain)
	return built, err
}

// Mutant builds a mutant.
func (b *Builder) Mutant(ctx context.Context, m *Mutant) (Build, error) {
	texts, err := b.Tree.Mutate(m)
	if err != nil {
		return Build{}, err
	}
	var built Build
	if b.Path != "" {
		built, err = b.text(m, texts)
	} else if m.Check || m.Target() == GoPath {
		built, err = b.program(ctx, m, texts)
	} else {
		built, err = b.library(ctx, m.Name, texts)
		built.Path += plainOptions(m.Plain)
	}
	if err != nil {
		return Build{}, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	return built, nil
}

// text writes a mutated kernel where a path of this program reads it.
func (b *Builder) text(m *Mutant, texts map[string]string) (Build, error) {
	file := filepath.Join(b.Dir, m.Name+".metal")
	separator := "?"
	if strings.Contains(b.Path, separator) {
		separator = "&"
	}
	return Build{Program: b.Program, Path: b.Path + separator + "kernel=" + url.QueryEscape(file)},
		os.WriteFile(file, []byte(texts[kernelFile]), 0o644)
}

// plainOptions has a library called by the ABI's own functions, as mfa.h defines them: a probe of what the library means by
// them would take a planted bug for a convention.
func plainOptions(plain bool) string {
	if !plain {
		return ""
	}
	return "?plain=true&probe=false"
}

// library builds libmfa with some texts in place of those in the tree.
func (b *Builder) library(ctx context.Context, name string, texts map[string]string) (Build, error) {
	if err := b.compileOriginal(ctx); err != nil {
		return Build{}, err
	}
	dir := filepath.Join(b.Dir, name)
	if err := b.copyTree(dir, texts); err != nil {
		return Build{}, err
	}
	var objects []string
	for file, object := range b.objects {
		if b.affected(file, texts) {
			var err error
			if object, err = compileC(ctx, dir, file, filepath.Join(dir, objectName(file))); err != nil {
				return Build{}, err
			}
		}
		objects = append(objects, object)
	}
	kernel, ok := texts[kernelFile]
	if !ok {
		data, err := os.ReadFile(b.Tree.path(kernelFile))
		if err != nil {
			return Build{}, err
		}
		kernel = string(data)
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel_text.c"), kernelText(kernel), 0o644); err != nil {
		return Build{}, err
	}
	text, err := compileC(ctx, dir, "kernel_text.c", filepath.Join(dir, "kernel_text.o"))
	if err != nil {
		return Build{}, err
	}
	file := filepath.Join(dir, "libmfa.so")
	arguments := append([]string{"-shared", "-o", file, text}, objects...)
	if err := run(ctx, dir, cc(), append(arguments, "-ldl", "-lpthread", "-lm")...); err != nil {
		return Build{}, err
	}
	return Build{Program: b.Program, Path: "lib:" + file}, nil
}

// affected reports whether a source has to be compiled anew: it is mutated, or a header is.
func (b *Builder) affected(file string, texts map[string]string) bool {
	for changed := range texts {
		if changed == file || strings.HasSuffix(changed, ".h") {
			return true
		}
	}
	return false
}

func (b *Builder) compileOriginal(ctx context.Context) error {
	if b.objects != nil {
		return nil
	}
	dir := filepath.Join(b.Dir, "unmutated")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	objects := map[string]string{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, pattern := range library.sources {
		found, err := filepath.Glob(b.Tree.path(pattern))
		if err != nil {
			return err
		}
		for _, source := range found {
			file := path.Join(path.Dir(pattern), filepath.Base(source))
			if slices.Contains(library.without, file) {
				continue
			}
			objects[file] = filepath.Join(dir, objectName(file))
			group.Go(func() error {
				_, err := compileC(ctx, b.Tree.Root, file, filepath.Join(dir, objectName(file)))
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	b.objects = objects
	return nil
}

// copyTree copies the C sources below dir, with the mutated texts among them.
func (b *Builder) copyTree(dir string, texts map[string]string) error {
	for _, folder := range library.copied {
		entries, err := os.ReadDir(b.Tree.path(folder))
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(folder))
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			data, err := os.ReadFile(b.Tree.path(path.Join(folder, e.Name())))
			if err != nil {
				return err
			}
			if text, ok := texts[path.Join(folder, e.Name())]; ok {
				data = []byte(text)
			}
			if err := os.WriteFile(filepath.Join(target, e.Name()), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func objectName(file string) string {
	return strings.NewReplacer("/", "-", ".", "-").Replace(file) + ".o"
}

func cc() string {
	if name := os.Getenv("CC"); name != "" {
		return name
	}
	return "cc"
}

// compileC compiles a file of the tree at root.
func compileC(ctx context.Context, root, file, object string) (string, error) {
	arguments := []string{"-std=gnu11", "-O1", "-fPIC", "-fvisibility=hidden", "-w", "-c", "-o", object}
	for _, folder := range library.headers {
		arguments = append(arguments, "-I", filepath.FromSlash(folder))
	}
	return object, run(ctx, root, cc(), append(arguments, filepath.FromSlash(file))...)
}

// kernelText makes the C source that carries the kernel.
func kernelText(text string) []byte {
	out := []byte("const char mfa_kernel_text[] = {")
	for i := range len(text) {
		out = fmt.Appendf(out, "%d,", int8(text[i]))
		if i%32 == 31 {
			out = append(out, '\n')
		}
	}
	return append(out, "0};\n"...)
}

// program builds an attest from mutated sources, for paths that are part of it.
func (b *Builder) program(ctx context.Context, m *Mutant, texts map[string]string) (Build, error) {
	dir := filepath.Join(b.Dir, m.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Build{}, err
	}
	replace := map[string]string{}
	for file, text := range texts {
		mutated := filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		if err := os.WriteFile(mutated, []byte(text), 0o644); err != nil {
			return Build{}, err
		}
		replace[b.Tree.path(file)] = mutated
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return Build{}, err
	}
	overlay, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "attest")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if err := os.WriteFile(overlay, data, 0o644); err != nil {
		return Build{}, err
	}
	if err := run(ctx, b.Tree.Root, "go", "build", "-overlay", overlay, "-o", program, "./harness/cmd/attest"); err != nil {
		return Build{}, err
	}
	return Build{Program: program, Path: goPath(m)}, nil
}

// goPath names the path of a mutated program: naive for its package, else host, with the checkers where asked for.
func goPath(m *Mutant) string {
	if m.Check {
		return checkedPath
	}
	for _, file := range m.Files() {
		if strings.HasPrefix(file, "harness/internal/paths/naive/") {
			return "naive"
		}
	}
	return "host"
}

func run(ctx context.Context, dir, name string, arguments ...string) error {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = dir
	posix.Alone(command, syscall.SIGKILL)
	out, err := command.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}
