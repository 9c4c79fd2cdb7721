package msl

import (
	"fmt"
	"runtime"
)

// cpu compiles for this machine's processor: the module is a shared object that exports msl_module
// (include/msl_abi.h), and package host runs it, a fiber for each thread.
type cpu struct{}

func (cpu) name() string { return "cpu" }

func (cpu) processor() string { return processor() }

func (cpu) portable() bool { return false }

func (cpu) header() string { return "msl_unit.h" }

func (cpu) flags(math MathMode, check bool) []string {
	flags := []string{"-x", "cl", "-cl-std=clc++", "-cl-no-stdinc", "-Xclang", "-cl-single-precision-constant",
		"-fdeclspec", "-O2", "-fPIC", "-fvisibility=hidden",
		// Loops of one lane seldom gain from vectors and unrolling by guess, and cost a third of the compile time.
		"-fno-vectorize", "-mllvm", "-unroll-runtime=false",
		// A number that is too large for an integer becomes the largest, and NaN 0, as on GPUs. C++ leaves it open, and then vectors
		// and single lanes differ.
		"-fno-strict-float-cast-overflow",
		// A lane's stack ends in a guard that a large frame must not step over.
		"-fstack-clash-protection",
		"-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-elide-type", "-ferror-limit=40",
		"-Wno-everything", "-Werror=return-type",
		// Where a module turns out to run code while it is loaded, these say which line is to blame.
		"-Wglobal-constructors", "-Wexit-time-destructors", "-fno-crash-diagnostics",
		// The runtime tells simd operations apart by the address of their call, so code keeps its order.
		"-mllvm", "-disable-block-placement", "-mllvm", "-disable-tail-duplicate", "-mllvm", "-disable-early-taildup",
		"-mllvm", "-enable-tail-merge=false"}
	flags = append(flags, thisProcessor())
	if runtime.GOARCH == "arm64" {
		// There the pragmas that turn on half, double and function pointers are not heard.
		flags = append(flags, "-Xclang", "-cl-ext=+all")
	}
	flags = append(flags, mathFlags(math)...)
	if math == MathFolded {
		flags = append(flags, "-DMSL_FOLDED=1")
	}
	if check {
		flags = append(flags, "-fsanitize=thread", "-g1", "-DMSL_CHECKED=1",
			// The checker sees accesses of up to 16 bytes, and a read that a write follows only if told to.
			"-fno-slp-vectorize", "-mllvm", "-tsan-instrument-read-before-write=1")
	}
	return flags
}

// thisProcessor asks clang for every instruction that this machine has.
func thisProcessor() string {
	if runtime.GOARCH == "arm64" {
		return "-mcpu=native"
	}
	return "-march=native"
}

// mathFlags tell clang what it may suppose of floating-point arithmetic.
func mathFlags(math MathMode) []string {
	if math == MathSafe {
		return []string{"-ffp-contract=off"}
	}
	return []string{"-ffast-math", "-ffp-contract=fast"}
}

func (cpu) privateFills(check bool) [][]string {
	if !check {
		return [][]string{nil}
	}
	return [][]string{
		{"-ftrivial-auto-var-init=pattern"},         // NaN in floating types
		{"-Xclang", "-ftrivial-auto-var-init=zero"}, // past the driver, which in clang 14 and 15 asks for a further flag
	}
}

func (cpu) output() (flags []string, extension string) { return []string{"-c"}, ".so" }

// link makes a shared object that needs nothing but the C library.
func (cpu) link() []string {
	return []string{"-shared", "-fPIC", "-nostartfiles", "-Wl,--build-id=none", "-Wl,-z,norelro", "-Wl,-z,noexecstack", "-lm"}
}

func (cpu) inspect(module string, checked bool) ([]moduleFault, error) {
	return inspectModule(module, checked)
}

func (cpu) passes() []pass {
	return []pass{
		{"place threadgroup variables", []fact{declared}, nil, (*unit).placeThreadgroupVariables},
	}
}

func (cpu) entryPoints(u *unit) string {
	return glue(u.entries, u.program.fileName(), u.program.Math, u.program.Check)
}

// complete has nothing to do: the linker made the module.
func (cpu) complete(*unit, string) error { return nil }

// traits: matrices are multiplied by lanes that come together like others, and unrolled loops cost more than they save.
func (cpu) traits() traits {
	return traits{opensModules: true, variable: cpuVariableText, initial: cpuInitialText}
}

func cpuVariableText(v threadgroupVariable) string {
	return fmt.Sprintf("msl_runtime_table->threadgroup_variable(msl_self(), %d, sizeof(%s%s), alignof(%s), %q, %d)",
		v.number, v.typeText, v.dimensions, v.alignedAs, v.name, v.line)
}

func cpuInitialText(v threadgroupVariable) string {
	return fmt.Sprintf("msl_runtime_table->initial_value(msl_self(), %d, (const void *)&msl_initial, sizeof msl_initial)", v.number)
}
