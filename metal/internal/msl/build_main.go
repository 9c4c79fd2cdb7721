package msl

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"

	"attest.example/attest/metal/cmdline"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/plainfile"
)

// BuildMain is the command `attest msl build`: it compiles one text and prints where the module is. It returns the exit
// status: 0, 1 where the text does not compile, 2 for wrong usage or environment.
//
// With --porcelain the last line of standard output is PATH, SECONDS and CACHED (0 or 1) between tabs: that is how
// the C side (metal/internal/host) compiles where no Go runs.
func BuildMain(arguments []string, stdout, stderr io.Writer) int {
	flags := cmdline.New("attest msl build")
	var p Program
	output := flags.String("o", "", "copy the module to this `file`")
	porcelain := flags.Bool("porcelain", false, "print PATH, SECONDS and CACHED between tabs")
	function := flags.String("function", "", "the `kernel` or host_name; all where absent")
	name := flags.String("name", "", "the `file` name that diagnostics use")
	mathMode := flags.String("math", "safe", "`mode`: safe, fast as is Metal's default, or fast-folded, where tests for NaN and infinity are folded too")
	target := flags.String("target", "cpu", "`machine` that the module is for: cpu, this one's processor; ptx, any NVIDIA GPU of compute capability 8.0 and later")
	check := flags.Bool("check", false, "with the checkers' calls on every memory access")
	engine := flags.String("engine", "fibers", "what runs a simdgroup on this machine's processor: fibers, one a thread, or `wide`, vectors of 32 lanes where that is known to be right")
	verbose := flags.Bool("v", false, "tell for each kernel which engine runs it, and why it stays on fibers")
	show := flags.Bool("show", false, "print the text that clang compiles, and stop")
	timeout := flags.Duration("timeout", 0, "end the compiler after this `time`; 0: ATTEST_COMPILE_DEADLINE, or two minutes")
	cmdline.Several(flags, "constant", "function constant INDEX:TYPE=VALUE or NAME:TYPE=VALUE, or :0xBITS for =VALUE (repeatable)", func(s string) (err error) {
		p.Constants, err = AddConstant(p.Constants, s)
		return err
	})
	AddSourceFlags(flags, &p)
	files, status, done := cmdline.Arguments(flags, "FILE.metal [-o MODULE.so] [flags]", 1, 1, arguments, stdout, stderr)
	if done {
		return status
	}
	fail := func(err error) int { return failVerb(stderr, err) }
	var err error
	if p.Math, err = device.ParseMath(*mathMode); err != nil {
		return fail(err)
	}
	if p.Engine, err = ParseEngine(*engine); err != nil {
		return fail(err)
	}
	if *target == "ptx" && p.Engine == EngineWide {
		return fail(fmt.Errorf("engine wide is of this machine's processor, and target ptx is of a GPU; want one of them"))
	}
	source, err := plainfile.Read(files[0], maxTextBytes)
	if err != nil {
		return fail(err)
	}
	if err := checkOutput(*output, files[0]); err != nil {
		return fail(err)
	}
	p.Source, p.File, p.Function, p.Check = string(source), files[0], *function, *check
	if *name != "" {
		p.File = *name
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *porcelain {
		runtime.LockOSThread()
		dieWithParent()
	}
	c, err := New(Options{Deadline: *timeout, Target: *target})
	if err != nil {
		return fail(err)
	}
	if c.Warning() != "" {
		fmt.Fprintln(stderr, "warning:", c.Warning())
	}
	if *show {
		text, err := c.Rewritten(ctx, p)
		if err != nil {
			return fail(err)
		}
		io.WriteString(stdout, text)
		return 0
	}
	m, err := c.Build(ctx, p)
	if err != nil {
		return fail(err)
	}
	for _, s := range m.Skipped {
		fmt.Fprintf(stderr, "kernel %s is left out: %s\n", s.Name, s.Reason)
	}
	if *output != "" {
		if err := copyWithTwin(m, *output); err != nil {
			return fail(err)
		}
	}
	if *porcelain {
		cached := 0
		if m.Cached {
			cached = 1
		}
		fmt.Fprintf(stdout, "%s\t%.6f\t%d\n", m.Path, m.CompileSeconds, cached)
		return 0
	}
	if len(m.Engines) == 0 && *target != "ptx" {
		m.stayOnFibers(*check)
	}
	m.list(stdout, *verbose)
	return 0
}

// checkOutput refuses a module's name that is a folder or the text's own: the text would be lost.
func checkOutput(output, text string) error {
	o, err := os.Stat(output)
	if output == "" || err != nil {
		return nil // writing it tells what is wrong
	}
	if o.IsDir() {
		return fmt.Errorf("-o %s is a folder; a file expected", output)
	}
	if t, err := os.Stat(text); err == nil && os.SameFile(o, t) {
		return fmt.Errorf("-o %s is the text itself; another file expected", output)
	}
	return nil
}

// stayOnFibers notes why no kernel is run by vectors where nobody tried.
func (m *Module) stayOnFibers(check bool) {
	why := "--engine wide was not asked for"
	if check {
		why = "the checkers watch fibers"
	}
	for _, e := range m.Entries {
		m.Engines = append(m.Engines, EngineOf{Kernel: e.Name, Why: why})
	}
}

// copyWithTwin copies the module, and its twin for fibers where it has one, and calls it by its new name.
func copyWithTwin(m *Module, name string) error {
	if err := copyModule(m.Path, name); err != nil {
		return err
	}
	if _, err := os.Stat(twinOf(m.Path)); err == nil {
		if err := copyModule(twinOf(m.Path), twinOf(name)); err != nil {
			return err
		}
	}
	m.Path = name
	return nil
}

// list prints the module, its kernels, and what each of them is run by.
func (m *Module) list(w io.Writer, verbose bool) {
	fmt.Fprintf(w, "%s\n", m.Path)
	for _, e := range m.Entries {
		fmt.Fprintf(w, "  %s\n", e)
	}
	if !verbose {
		return
	}
	for _, e := range m.Engines {
		fmt.Fprintf(w, "  %s\n", e)
	}
	fmt.Fprintf(w, "  %.2f s\n", m.CompileSeconds)
}

// String is one line: the name and what is to be bound.
func (e Entry) String() string {
	var b strings.Builder
	b.WriteString(e.Name)
	for _, a := range e.Arguments {
		fmt.Fprintf(&b, " %s[%d]=%s", a.Kind, a.Index, a.Name)
		if a.Condition != "" {
			fmt.Fprintf(&b, "(if %s)", a.Condition)
		}
	}
	return b.String()
}

func copyModule(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := writeFile(to, data); err != nil {
		return err
	}
	if info, err := os.Stat(to); err != nil || !info.Mode().IsRegular() { // a device keeps its mode
		return err
	}
	return os.Chmod(to, 0o755)
}
