package swiftpkg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Options are what to build and how.
type Options struct {
	Dir     string   // the package's folder
	Sources string   // attest's; see FindSources
	Program string   // attest itself, which compiles the kernels
	Debug   bool     // the debug configuration; release otherwise, for kernels are checked against loops in Swift
	Dynamic bool     // Build: Swift's runtime is not put into what is built, which then runs only where it is
	Device  []string // NAME=VALUE of the stand-in's settings; see swift/METAL.md
	Extra   []string // further arguments of swift build or swift test

	Out, Err io.Writer
}

// Failed is the error where the package does not build or its tests do not pass; what happened has been printed.
type Failed struct{ What string }

func (e *Failed) Error() string { return e.What }

// Build builds the package's products and returns their paths: shared libraries and executables.
func Build(ctx context.Context, o Options) ([]string, error) {
	p, err := open(ctx, &o, !o.Dynamic)
	if err != nil {
		return nil, err
	}
	if err := p.swift(ctx, "build"); err != nil {
		return nil, err
	}
	return p.products()
}

// Test builds the package's tests and runs them.
func Test(ctx context.Context, o Options) error {
	p, err := open(ctx, &o, false)
	if err != nil {
		return err
	}
	if err := p.swift(ctx, "build", "--build-tests"); err != nil {
		return err
	}
	environment := append([]string{"ATTEST_MSL=" + o.Program}, o.Device...)
	command, err := p.command(append(append(p.arguments("test"), "--skip-build"), o.Extra...))
	if err != nil {
		return err
	}
	err = p.tools.run(ctx, p.Dir, o.Out, o.Err, environment, command...)
	return ended(ctx, err, "tests of "+p.Dir+" fail")
}

// project is a package about to be built.
type project struct {
	*Options
	tools   *toolchain
	standIn standIn
	static  bool
	scratch string // below the package's folder
	overlay string // the list of sources in which branches for macOS are taken; "" where none is

	isLenient bool // upcoming features that the language version has anyway are left out
}

func open(ctx context.Context, o *Options, static bool) (*project, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("on %s Metal is there already: swift build", runtime.GOOS)
	}
	var err error
	if o.Dir, err = FindPackage(o.Dir); err != nil {
		return nil, err
	}
	folders := []string{o.Dir, filepath.Dir(o.Program)}
	p := &project{Options: o, static: static}
	if p.tools, err = newToolchain(ctx, o.Sources, folders, o.Err); err != nil {
		return nil, err
	}
	kind := "tests"
	if static {
		kind = "static"
	} else if o.Dynamic {
		kind = "dynamic"
	}
	p.scratch = filepath.Join(o.Dir, ".build", "attest", kind)
	if err := os.MkdirAll(p.scratch, 0o755); err != nil {
		return nil, err
	}
	if p.standIn, err = p.tools.buildStandIn(ctx, o.Sources, static); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *project) configuration() string {
	if p.Debug {
		return "debug"
	}
	return "release"
}

// arguments are those of swift build and swift test alike: with others the second would build all anew.
func (p *project) arguments(verb string) []string {
	a := []string{"swift", verb, "-c", p.configuration(), "--scratch-path", p.scratch}
	swiftc := func(flags ...string) {
		for _, f := range flags {
			a = append(a, "-Xswiftc", f)
		}
	}
	link := func(flags ...string) {
		for _, f := range flags {
			a = append(a, "-Xlinker", f)
		}
	}
	swiftc("-I", p.standIn.modules, "-Xfrontend", "-import-module", "-Xfrontend", implied)
	link("-L" + p.standIn.library)
	if runtime.GOARCH == "amd64" {
		a = append(a, "-Xcc", "-mf16c") // Float16 in hardware
	}
	if p.overlay != "" {
		swiftc("-vfsoverlay", p.overlay)
	}
	if p.static {
		// A dynamic library has its own copy of all that it calls: symbols of the process that loads it must not take their place.
		a = append(a, "--static-swift-stdlib")
		swiftc("-static-stdlib")
		// -u links GlibcCompat's one object from the stand-in's archive, before the C library's symbols are used instead.
		link("--gc-sections", "-Bsymbolic", "-z", "nodelete", "-u", "__isoc23_strtol")
	} else {
		swiftc("-enable-testing")
	}
	return a
}

// swift builds. The package is first built as it is for Linux. Where that fails and some of its code is for macOS alone, it
// is built once more with that code; where the compiler takes none of its upcoming features, once more without those.
// Which of these worked is remembered for the next time.
func (p *project) swift(ctx context.Context, verb string, more ...string) error {
	extra := p.Extra
	if len(more) > 0 {
		extra = more // what goes to swift test is not for swift build
	}
	var asMac bool
	p.isLenient, asMac = p.recalls(rememberedFeatures), p.recalls(rememberedBranches)
	if asMac {
		if _, err := p.takeMacBranches(); err != nil {
			return err
		}
	}
	var before []byte // what the compiler printed for the package as it is for Linux
	for {
		output, err := p.runTool(ctx, verb, extra, asMac)
		var exit *exec.ExitError
		if err == nil || !errors.As(err, &exit) || ctx.Err() != nil {
			if !asMac {
				p.Out.Write(output)
			}
			return ended(ctx, err, p.Dir+" does not build")
		}
		switch {
		case !p.isLenient && enabledAnyway(string(output)):
			p.isLenient = true
			if err := p.remember(rememberedFeatures); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "attest: it asks for features that this Swift has anyway, which 6.0 takes for a mistake; trying without asking\n")
		case asMac && before == nil: // as remembered; what has changed may build for Linux now
			p.forget()
			return &Failed{p.Dir + " does not build with what it has for macOS alone; the next build tries without"}
		case asMac:
			p.forget()
			fmt.Fprintf(p.Err, "\nattest: and without that it was:\n%s", before)
			return &Failed{p.Dir + " does not build"}
		default:
			changed, overlayErr := p.takeMacBranches()
			if overlayErr != nil {
				return overlayErr
			}
			if p.overlay == "" {
				p.forget()
				p.Out.Write(output)
				return &Failed{p.Dir + " does not build"}
			}
			fmt.Fprintf(p.Err, "attest: it does not build for Linux; trying with what it has for macOS alone, in\n")
			for _, path := range changed {
				fmt.Fprintf(p.Err, "    %s\n", path)
			}
			asMac, before = true, output
			if err := p.remember(rememberedBranches); err != nil {
				return err
			}
		}
	}
}

// runTool builds or tests and returns what was printed, which is printed at once with macOS's branches, and else kept for later.
func (p *project) runTool(ctx context.Context, verb string, extra []string, aloud bool) ([]byte, error) {
	var output transcript
	out, errors := io.Writer(&output), io.Writer(&output)
	if aloud {
		out, errors = io.MultiWriter(p.Out, &output), io.MultiWriter(p.Err, &output)
	}
	command, err := p.command(append(p.arguments(verb), extra...))
	if err != nil {
		return nil, err
	}
	run := p.tools.run
	if verb == "build" {
		run = p.tools.build
	}
	err = run(ctx, p.Dir, out, errors, nil, command...)
	return output.text.Bytes(), err
}

// transcript is what a command prints on two streams, which arrive on goroutines of their own.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

// command is a swift command as it has to be called for this package.
func (p *project) command(swift []string) ([]string, error) {
	if p.isLenient {
		return p.lenient(swift)
	}
	return swift, nil
}

// What is remembered of a package, by a file of this name in its scratch folder.
const (
	rememberedBranches = "for-macos"
	rememberedFeatures = "features"
)

func (p *project) recalls(name string) bool {
	_, err := os.Stat(filepath.Join(p.scratch, name))
	return err == nil
}

func (p *project) remember(name string) error {
	return os.WriteFile(filepath.Join(p.scratch, name), nil, 0o644)
}

func (p *project) forget() {
	os.Remove(filepath.Join(p.scratch, rememberedBranches))
	os.Remove(filepath.Join(p.scratch, rememberedFeatures))
}

func (p *project) takeMacBranches() (changed []string, err error) {
	folders := []string{p.Dir}
	if checkouts := filepath.Join(p.scratch, "checkouts"); isFolder(checkouts) {
		folders = append(folders, checkouts)
	}
	p.overlay, changed, err = writeMacOverlay(folders, filepath.Join(p.scratch, "overlay"))
	return changed, err
}

// products are the shared libraries and the executables of the build, with attest beside them, where the stand-in in them
// looks for the kernel compiler.
func (p *project) products() ([]string, error) {
	folder, err := filepath.EvalSymlinks(filepath.Join(p.scratch, p.configuration()))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || isWork(e.Name()) {
			continue
		}
		found = append(found, filepath.Join(folder, e.Name()))
	}
	link := filepath.Join(folder, "attest")
	if at, err := os.Readlink(link); err != nil || at != p.Program {
		if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := os.Symlink(p.Program, link); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func isWork(name string) bool {
	return strings.HasSuffix(name, ".o") || strings.HasSuffix(name, ".a") || strings.HasSuffix(name, ".xctest") ||
		strings.HasSuffix(name, "-tool")
}

// ended tells how a command ended: nil, Failed where it was the package's fault, the error itself otherwise.
func ended(ctx context.Context, err error, what string) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit):
		return &Failed{what}
	}
	return err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
