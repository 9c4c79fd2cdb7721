package metalpath

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/metal"
)

// library is a shared library that takes whole descriptors, as ours does.
type library struct {
	descriptors
	file      string
	lib       *metal.Library
	device    *metal.Device // nil: out of reach
	toolchain string
	words     string // of the device, where it is known
	load      time.Duration
}

// OpenLibrary returns the path over a shared library with the mfa C ABI; options are those of LibraryOptions, as they
// follow its name. One without the descriptor extension, or any with the option plain, is called by the ABI's own
// functions, and what it means by them is found out first.
func OpenLibrary(ctx context.Context, name, file, options string) (*Path, error) {
	o, err := parseLibraryOptions(options)
	if err != nil {
		return nil, err
	}
	for _, v := range o.environment { // before the library's own code runs
		if err := os.Setenv(v.name, v.value); err != nil {
			return nil, fmt.Errorf("option env=%s: %w", v.name, err)
		}
	}
	paths.Phase(ctx, "loading "+file)
	begin := time.Now()
	var lib *metal.Library
	if err := posix.UsualTimers(func() error {
		lib, err = metal.Open(file)
		return err
	}); err != nil {
		return nil, err
	}
	l := &library{descriptors: descriptors{math: o.math}, file: file, lib: lib, load: time.Since(begin)}
	l.toolchain = "mfa " + lib.Version()
	if missing := lib.Missing(); len(missing) > 0 {
		l.toolchain += ", without " + strings.Join(missing, ", ")
	}
	paths.Phase(ctx, "its device")
	if l.device, err = lib.Device(); err != nil {
		l.device = nil
	} else if info, err := l.device.Info(); err == nil {
		l.words, l.toolchain = info.Name, l.toolchain+", "+info.Toolchain
	}
	p := &Path{name: name, math: o.math, backend: l}
	plain := o.plain || !lib.HasDescriptor()
	if plain {
		l.lib = lib.WithoutDescriptor()
	}
	paths.Phase(ctx, "mfa_create_context")
	if err := p.Reset(ctx); err != nil {
		p.Close()
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	paths.Phase(ctx, "mfa_buffer_from_ptr")
	if l.wrap = o.wrap; !o.wrapGiven {
		l.wrap = probeWrapping(p.context)
	}
	if !plain {
		return p, nil
	}
	a := &plainLibrary{library: l, missing: lib.Missing(), convention: o.convention, refused: map[feature]error{}}
	p.backend = a
	prober{path: p, library: a, options: o}.run(ctx)
	return p, nil
}

func (l *library) NewContext() (context *metal.Context, err error) {
	err = l.Call(func() error {
		context, err = l.lib.NewContext()
		return err
	})
	return context, err
}

// Call lets the library's timers be what they are in its other callers.
func (l *library) Call(f func() error) error { return posix.UsualTimers(f) }

func (l *library) Seen() error                  { return nil }
func (l *library) Device() (*metal.Device, int) { return l.device, 0 }

func (l *library) Close() {
	if l.device != nil {
		l.device.Close()
	}
}

// slowLoad is how long a library may take to load before it is told.
const slowLoad = time.Second

func (l *library) Describe() paths.Description {
	d := paths.Description{Device: l.file, Toolchain: l.toolchain}
	if l.words != "" {
		d.Device = l.words
	}
	if l.load >= slowLoad {
		d.Device += fmt.Sprintf(", loaded in %.0f s", l.load.Seconds())
	}
	if l.wrap != (wrapping{}) {
		d.Device += ", memory wrapped " + l.wrap.words()
	}
	return d
}

// Findings are the wrapping and the dispatches: all else a descriptor holds.
func (l *library) Findings(ctx context.Context, p *Path) []paths.Finding {
	return []paths.Finding{
		{What: "memory wrapped", Found: l.wrap.words()},
		{What: "dispatches", Found: probeDispatches(ctx, p, baseCase{rows: 8, dim: 8}).words()},
	}
}

// probeWrapping finds out which memory a library wraps: any, that at multiples of some number, or whole pages. One that
// refuses everything is left as it is, and its calls tell why.
func probeWrapping(c *metal.Context) wrapping {
	takes := func(offset int, o wrapping) bool {
		w := wrapper{context: c, wrapping: o}
		defer w.close()
		_, err := w.wrap(cases.Pages(2 * metal.WholePage)[offset : offset+100])
		return err == nil
	}
	if takes(4, wrapping{}) {
		return wrapping{}
	}
	for align := 8; align < metal.WholePage; align *= 2 {
		if takes(align, wrapping{}) { // at an odd multiple of it, and of nothing larger
			return wrapping{align: align}
		}
	}
	if o := (wrapping{pages: true}); takes(0, o) {
		return o
	}
	return wrapping{}
}
