package swiftpkg

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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

func (p *project) takeMacBranches() (changed []string, err error) {
	folders := []string{p.Dir}
	if checkouts := filepath.Join(p.scratch, "checkouts"); isFolder(checkouts) {
		folders = append(folders, checkouts)
	}
	p.overlay, changed, err = writeMacOverlay(folders, filepath.Join(p.scratch, "overlay"))
	return changed, err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
