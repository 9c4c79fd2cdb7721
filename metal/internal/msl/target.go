package msl

import "fmt"

// target is the machine that kernels are compiled for. All of the front, and the passes that only turn MSL into C++
// for OpenCL, are the same for every target; what differs is here. A target is one file of this package, and what it
// includes from include/.
type target interface {
	// name tells the target from others. It is part of what a module is known by in the cache.
	name() string
	// processor names more exactly the machine that the flags mean, where they do not (-march=native).
	processor() string
	// portable means that a module depends on no machine: not on this one, nor on the clang that is here.
	portable() bool
	// header is the file in include/ that declares all of metal_stdlib as this target has it.
	header() string
	// flags are clang's for the header and the text.
	flags(math MathMode, check bool) []string
	// privateFills are clang's flags that say what private variables without a value hold at first. Where there are two,
	// there are two modules, and a kernel whose results differ between them reads such a variable.
	privateFills(check bool) [][]string
	// output are clang's flags that compile the text, given after it, and the ending of the module's file name.
	output() (flags []string, extension string)
	// link are clang's flags that make the module of what output's made; nil where that is the module.
	link() []string
	// complete turns what output and link made into the module.
	complete(u *unit, module string) error
	// inspect looks at a made module, before anything loads it, for what must not be in one.
	inspect(module string, checked bool) ([]moduleFault, error)
	// passes run after the common ones: how threadgroup variables are placed, what code must be inlined.
	passes() []pass
	// traits are how the common passes differ.
	traits() traits
	// entryPoints is what stands behind the text: an entry point for each of u.entries, and the module's table.
	entryPoints(u *unit) string
}

// traits are what the common passes ask of a target.
type traits struct {
	// wholeMatrices: a simdgroup multiplies matrices as one, so no lane is waited for and no path leads there.
	wholeMatrices bool
	// oneSpace: thread memory is the memory that is not named, so functions that differ in it alone have one linker name.
	oneSpace bool
	// skipsStraight: calls of functions that go one way only are marked as such (path_straight.go).
	skipsStraight bool
	// unrolls: the text's pragmas that ask for loops to be unrolled are heard.
	unrolls bool
	// opensModules: a module may get the values of its function constants when it is made (constants_open.go).
	opensModules bool
	// variable spells the address of a threadgroup variable, and initial what sets its initial value, msl_initial.
	variable, initial func(threadgroupVariable) string
}

// targets are those that can be asked for by name.
var targets = []target{cpu{}, ptx{}}

// targetNamed is the target of that name; "" is the processor.
func targetNamed(name string) (target, error) {
	if name == "" {
		return cpu{}, nil
	}
	for _, t := range targets {
		if t.name() == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("target %q: cpu or ptx expected", name)
}
