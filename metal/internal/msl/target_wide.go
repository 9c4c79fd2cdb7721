package msl

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"attest.example/attest/metal/internal/wide"
)

// wideCPU compiles for this machine's processor too, but a simdgroup is one fiber: clang makes one lane's code with the
// lanes' operations as functions that nobody defines, opt makes it straight, package wide makes vectors of it, and clang
// makes the module.
type wideCPU struct {
	cpu
	opt         string // LLVM's optimiser, of clang's version
	asWithMasks bool   // Options.AsWithMasks
}

func (t wideCPU) name() string {
	name := "wide " + wide.Digest()
	if t.asWithMasks {
		name += " as with masks"
	}
	return name
}

func (wideCPU) flags(math MathMode, check bool) []string {
	var flags []string
	for _, f := range slices.Concat(cpu{}.flags(math, check), []string{"-DMSL_WIDE=1"}) {
		if f != "-fstack-clash-protection" { // a simdgroup's stack is large, and its frame is fixed
			flags = append(flags, f)
		}
	}
	return flags
}

func (wideCPU) output() (flags []string, extension string) {
	return []string{"-S", "-emit-llvm", "-Xclang", "-disable-llvm-passes"}, ".so"
}

// entryPoints are those of the fibers, but that a lane's own numbers are asked of the lane.
func (wideCPU) entryPoints(u *unit) string {
	text := strings.NewReplacer("L->lane", "msl_wide_lane()", "L->thread)", "msl_thread_index())", "L->thread,", "msl_thread_index(),",
		"L->thread ", "msl_thread_index() ", "L->simdgroup->index", "msl_wide_simdgroup_index()", "L->", "msl_wide_self()->").
		Replace(lanePosition.ReplaceAllString(glue(u.entries, u.program.fileName(), u.program.Math, false), "msl_wide_${1}_position($2)"))
	return wideFlag.ReplaceAllString(text, "$1 | MSL_MODULE_WIDE$2")
}

var lanePosition = regexp.MustCompile(`L->position_in_(threadgroup|grid)\[(\d)\]`)

var wideFlag = regexp.MustCompile(`(MSL_ABI_VERSION, \d+, msl_entries, [^,]*)(,)`)

// finisher is a target that goes on from what clang makes of a text, before the linker has its turn.
type finisher interface {
	// finish makes of the file that clang wrote another, and removes neither.
	finish(ctx context.Context, c *Compiler, p *Program, r *rewritten, made, finished string) error
}

// kept are the functions of msl_wide.h that widened code calls.
var kept = func() string {
	names := []string{"msl_module", "msl_runtime_table", "msl_wide_present"}
	for _, name := range strings.Fields("barrier again variable initial await rows position positions") {
		names = append(names, "msl_wide_call_"+name)
	}
	return strings.Join(names, ",")
}()

// opt's passes: whole makes every call part of its caller, straighten does what clang would do and then takes vectors and structs apart.
// The calls have their turn first: else both sides of a ?: come to store the struct in which a function returns a vector at one place
// behind them, where nothing takes it apart any more.
const (
	whole      = "internalize,globaldce,cgscc(inline),function(sroa)"
	straighten = "default<O2>,function(scalarizer,instcombine<no-verify-fixpoint>,simplifycfg)"
)

// straight is one lane's code of a rewritten program as package wide reads it, of the file that clang made. The loops of some entry
// points stay as they are.
func (t wideCPU) straight(ctx context.Context, c *Compiler, r *rewritten, made string, loops []string) (string, error) {
	text, err := os.ReadFile(made)
	if err != nil {
		return "", err
	}
	public := kept
	for n := range r.unit.entries {
		public += fmt.Sprintf(",msl_entry_%d", n)
	}
	for i := range r.unit.program.Constants {
		public += "," + placeSymbol(i) // else opt takes what stands there now for the value
	}
	flags := []string{"-S", "-inline-threshold=1000000", "-unroll-runtime=false", "-vectorize-loops=false", "-vectorize-slp=false", "-scalarize-load-store",
		// A loop that is turned round tests twice where it was tested once, and lanes of two turns could meet.
		"-rotation-max-header-size=0",
		// What two ways have in common behind a branch would be done under the mask of both.
		"-sink-common-insts=false",
		"-internalize-public-api-list=" + public, "-o", "-", "-"}
	opt := func(text, passes string) (string, error) {
		made, errs, err := c.runTool(ctx, t.opt, append(slices.Clip(flags), "-passes="+passes), text)
		if err != nil {
			return "", fmt.Errorf("%s: %w\n%s", t.opt, err, errs)
		}
		return made, nil
	}
	prepared := wide.Prepare(string(text))
	if len(loops) == 0 {
		return opt(prepared, whole+","+straighten)
	}
	// Entry points share functions. Only where each has its own copy of them can the loops of some be kept, and no others.
	entries, err := opt(prepared, whole)
	if err != nil {
		return "", err
	}
	return opt(wide.KeepLoops(entries, loops), straighten)
}

// widened is that code, and what package wide makes of it: of kernels that only what opt does with loops keeps from vectors in a second
// try, without that.
func (t wideCPU) widened(ctx context.Context, c *Compiler, r *rewritten, made string) (straight string, result *wide.Result, err error) {
	var loops []string
	for range 2 {
		if straight, err = t.straight(ctx, c, r, made, loops); err != nil {
			return "", nil, err
		}
		if result, err = wide.Widen(straight, t.asWithMasks); err != nil {
			return "", nil, err
		}
		for _, k := range result.Kernels {
			if k.Loops {
				loops = append(loops, k.Entry)
			}
		}
		if len(loops) == 0 {
			break
		}
	}
	return straight, result, nil
}

func (t wideCPU) finish(ctx context.Context, c *Compiler, p *Program, r *rewritten, made, finished string) error {
	straight, result, err := t.widened(ctx, c, r, made)
	if err != nil {
		return err
	}
	if err := t.code(ctx, c, p, result.Text, finished); err != nil {
		if ctx.Err() != nil {
			return err
		}
		// A mistake of package wide: clang refuses what it wrote, or has no end with it. The kernels run on fibers all the same.
		r.passing = isPassing(err)
		result = wide.OnFibers(straight, firstLines(err, 2))
		if err := t.code(ctx, c, p, result.Text, finished); err != nil {
			return err
		}
	}
	r.engines = nil
	for n, k := range result.Kernels {
		e := EngineOf{Kernel: r.unit.entries[n].name, Engine: EngineWide, Why: k.Refused, Note: k.Note}
		if k.Refused != "" {
			e.Engine = EngineFibers
		}
		r.engines = append(r.engines, e)
	}
	return nil
}

// code has clang make a module's code of its text.
func (t wideCPU) code(ctx context.Context, c *Compiler, p *Program, text, finished string) error {
	helpers, err := t.helpers(ctx, c)
	if err != nil {
		return err
	}
	flags := slices.Concat([]string{"-x", "ir", "-O2", "-fPIC", "-fno-vectorize", "-fno-slp-vectorize", "-Wno-everything", "-mllvm", "-unroll-runtime=false"},
		mathFlags(p.Math), []string{"-Xclang", "-mlink-builtin-bitcode", "-Xclang", helpers, "-c", "-o", finished, "-"})
	if _, errs, err := c.run(ctx, flags, text); err != nil {
		return fmt.Errorf("clang on the widened kernel: %w\n%s", err, errs)
	}
	return nil
}

// helpers are package wide's vector functions, compiled for this processor once and kept beside the precompiled headers.
func (t wideCPU) helpers(ctx context.Context, c *Compiler) (string, error) {
	flags := []string{"-x", "c", "-std=c17", "-O2", thisProcessor(), "-ffp-contract=off", "-fPIC", "-fno-vectorize",
		"-fno-slp-vectorize", "-Wno-everything", "-nostdinc", "-emit-llvm", "-c"}
	if runtime.GOARCH == "amd64" {
		flags = append(flags, "-mprefer-vector-width=512")
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s", c.identity, wide.Helpers, strings.Join(flags, "\x00"))
	key := sum(h)
	if name := c.cache.findPrecompiled(key); name != "" {
		return name, nil
	}
	defer c.cache.takeTurn(ctx, key)()
	if name := c.cache.findPrecompiled(key); name != "" {
		return name, nil
	}
	made, remove, err := c.cache.scratch()
	if err != nil {
		return "", err
	}
	defer remove()
	if _, errs, err := c.run(ctx, append(flags, "-o", made, "-"), wide.Helpers); err != nil {
		return "", fmt.Errorf("clang on the vector functions: %w\n%s", err, errs)
	}
	return c.cache.keepPrecompiled(key, made)
}

// wideTwin is a compiler for engine wide, or why there is none here.
type wideTwin struct {
	asWithMasks bool
	once        sync.Once
	compiler    *Compiler
	err         error
}

// wideCompiler is this compiler for engine wide, or why there is none here.
func (c *Compiler) wideCompiler(ctx context.Context) (*Compiler, error) {
	c.wide.once.Do(func() { c.wide.compiler, c.wide.err = c.findWide(context.WithoutCancel(ctx)) })
	return c.wide.compiler, c.wide.err
}

var llvmVersion = regexp.MustCompile(`(?:LLVM|clang) version (\d+)\.`)

func (c *Compiler) findWide(ctx context.Context) (*Compiler, error) {
	wanted := fmt.Errorf("engine wide needs clang and opt of LLVM %d (the Debian packages clang-%[1]d and llvm-%[1]d)", wide.Version)
	real, err := filepath.EvalSymlinks(c.clang)
	if err != nil {
		return nil, err
	}
	opt := filepath.Join(filepath.Dir(real), "opt")
	if _, err := os.Stat(opt); err != nil {
		if opt, err = exec.LookPath(fmt.Sprintf("opt-%d", wide.Version)); err != nil {
			return nil, fmt.Errorf("%w: no opt is here", wanted)
		}
	}
	var identities [2]string
	for i, tool := range []string{c.clang, opt} {
		if identities[i], err = clangIdentity(tool); err != nil {
			return nil, err
		}
		version, err := c.llvmVersionOf(ctx, tool, identities[i])
		if err != nil {
			return nil, err
		}
		if version != fmt.Sprint(wide.Version) {
			return nil, fmt.Errorf("%w: %s is of another version", wanted, tool)
		}
	}
	t := wideCPU{opt: opt, asWithMasks: c.wide.asWithMasks}
	return &Compiler{clang: c.clang, identity: identities[0] + "\n" + identities[1] + "\n" + t.name() + "\n" + t.processor(), target: t, cache: c.cache, deadline: c.deadline, expanded: c.expanded,
		undefined: c.undefined, elsewhere: c.elsewhere}, nil
}

// llvmVersionOf is a tool's version, which the tool is asked for once: its libraries take longer to load than many a case does.
func (c *Compiler) llvmVersionOf(ctx context.Context, tool, identity string) (string, error) {
	name := filepath.Join(c.cache.dir, "tool-"+digestBytes([]byte(identity))[:32]+".json")
	var version string
	if readSealed(name, &version) {
		return version, nil
	}
	output, _, err := c.runTool(ctx, tool, []string{"--version"}, "")
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", tool, err)
	}
	if m := llvmVersion.FindStringSubmatch(output); m != nil {
		version = m[1]
		_ = writeSealed(name, version) // only the next process's time depends on it
	}
	return version, nil
}

// buildWide compiles a program for engine wide. Where no kernel of it can be so, or the machine lacks what that needs, it is
// compiled for fibers, and the module holds why.
func (c *Compiler) buildWide(ctx context.Context, p Program) (*Module, error) {
	onFibers := p
	onFibers.Engine = EngineFibers
	w, err := c.wideCompiler(ctx)
	if err != nil {
		m, failed := c.Build(ctx, onFibers)
		if failed != nil {
			return nil, failed
		}
		for _, e := range m.Entries {
			m.Engines = append(m.Engines, EngineOf{Kernel: e.Name, Why: err.Error()})
		}
		return m, nil
	}
	m, err := w.Build(ctx, p)
	if err != nil {
		return nil, err
	}
	if m.hasWide() {
		return m, nil
	}
	f, err := c.Build(ctx, onFibers)
	if err != nil {
		return nil, err
	}
	f.Engines, f.CompileSeconds = m.Engines, f.CompileSeconds+m.CompileSeconds
	return f, nil
}

// KnownWide is what Build once made of a program for engine wide, or of its text for other values of its function constants, where
// that is in the cache, else nil. Nothing is compiled.
// The module's Engines tell which kernels are vectors; where none is, the module cannot be run.
func (c *Compiler) KnownWide(ctx context.Context, p Program) *Module {
	w, err := c.wideCompiler(ctx)
	if err != nil || p.Check {
		return nil
	}
	p.Engine = EngineWide
	return w.atHand(&p)
}

// hasWide reports whether vectors run any of the module's kernels.
func (m *Module) hasWide() bool {
	return slices.ContainsFunc(m.Engines, func(e EngineOf) bool { return e.Engine == EngineWide })
}

// LaneIR is one lane's code of a program, in LLVM IR, as package wide reads it: for a look, and for tests.
func (c *Compiler) LaneIR(ctx context.Context, p Program) (string, error) {
	w, err := c.wideCompiler(ctx)
	if err != nil {
		return "", err
	}
	headers, err := w.cache.headers(ctx)
	if err != nil {
		return "", err
	}
	preprocessed, _, err := w.preprocess(ctx, &p, headers)
	if err != nil {
		return "", err
	}
	r, err := rewrite(preprocessed, &p, w.target, nil)
	if err != nil {
		return "", asCompileError(&p, err)
	}
	made, remove, err := w.cache.scratch()
	if err != nil {
		return "", err
	}
	defer remove()
	output, _ := w.target.output()
	full := filepath.Join(headers, "full")
	errs, err := w.front(ctx, r, headers, w.target.flags(p.Math, false), slices.Concat([]string{"-I", full, "-o", made, "-"}, output))
	if err != nil {
		return "", w.explain(&p, full, errs, err)
	}
	straight, _, err := w.target.(wideCPU).widened(ctx, w, r, made)
	return straight, err
}

// firstLines are the first of an error's lines, as one.
func firstLines(err error, n int) string {
	lines := strings.SplitN(err.Error(), "\n", n+1)
	return strings.TrimSuffix(strings.Join(lines[:min(n, len(lines))], ": "), ": ")
}
