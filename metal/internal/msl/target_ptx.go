package msl

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// ptx compiles for NVIDIA GPUs of compute capability 8.0 and later: the module is the text of a PTX assembly, which the
// GPU's driver compiles for the GPU that it finds (package cuda). It depends on no machine, so what was made on one is
// found in the cache on another, also where there is no clang.
//
// A module begins with lines about what it has, each a comment of PTX:
//
//	// attest ptx 1
//	// depth 5                            entries of a thread's path (ptx_simd.h); 0: no operations of simdgroups
//	// entry msl_entry_0 attention_fp32_64
//	// file attention.metal
//
// and for each entry the module has four words of constants, msl_entry_0_facts: the masks of its buffers and of its
// threadgroup arguments, the most threads of its threadgroup, its line.
type ptx struct{}

func (ptx) name() string { return "ptx" }

func (ptx) processor() string { return "sm_80" }

func (ptx) portable() bool { return true }

func (ptx) header() string { return "ptx_unit.h" }

func (ptx) flags(math MathMode, check bool) []string {
	flags := []string{"-x", "cl", "-cl-std=clc++", "-cl-no-stdinc", "-Xclang", "-cl-single-precision-constant",
		"-Xclang", "-cl-ext=+all", // the pragmas that turn on half and double have no effect for this target
		"-fdeclspec", "-O3", "--target=nvptx64-nvidia-cuda", "-Xclang", "-target-cpu", "-Xclang", "sm_80",
		"-Xclang", "-target-feature", "-Xclang", "+ptx75", "-nogpulib",
		"-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-elide-type", "-ferror-limit=40",
		"-Wno-everything", "-Werror=return-type", "-fno-crash-diagnostics"}
	switch math {
	case MathFolded:
		flags = append(flags, "-ffast-math", "-ffp-contract=fast", "-DMSL_FOLDED=1")
	case MathFast:
		flags = append(flags, "-ffast-math", "-ffp-contract=fast")
	default:
		flags = append(flags, "-ffp-contract=off")
	}
	if check {
		flags = append(flags, "-gline-tables-only")
	}
	return flags
}

func (ptx) privateFills(bool) [][]string { return [][]string{nil} }

func (ptx) output() (flags []string, extension string) { return []string{"-S"}, ".ptx" }

func (ptx) link() []string { return nil }

// What is looked for in the assembler text: threadgroup variables by the names that placeThreadgroupVariables made, accesses to
// constant memory, Apple's names, functions without a body.
var (
	ptxVariable = regexp.MustCompile(`\bmsl_variable_\d+_(\d+)_(\d+)\b`)
	ptxConstant = regexp.MustCompile(`\b(ld\.)const\b|\b(cvta(?:\.to)?\.)const\b|^(\s*(?:\.visible |\.weak |\.extern )?\.)const\b`)
	airName     = regexp.MustCompile(`\bair\.[A-Za-z0-9_.]+`) // a name in PTX cannot have dots
	ptxUnknown  = regexp.MustCompile(`(?m)^\s*\.extern \.func .*?\b(\w+)\s*$|(?m)^\s*\.extern \.func +(?:\([^)]*\) *)?(\w+)`)
)

// complete makes the module of what clang wrote. Constant memory of PTX cannot hold what a pointer into a buffer may reach, so
// all of it becomes global memory that nobody writes. Threadgroup variables are declared, with the size and the alignment
// that their names hold.
func (ptx) complete(u *unit, module string) error {
	data, err := os.ReadFile(module)
	if err != nil {
		return err
	}
	at := bytes.Index(data, []byte(".address_size 64"))
	if at < 0 {
		return fmt.Errorf("%s: clang wrote no PTX", module)
	}
	at += len(".address_size 64")
	text := string(data[at:])
	var out strings.Builder
	fmt.Fprintf(&out, "// attest ptx 1\n// depth %d\n", u.paths)
	for n, e := range u.entries {
		fmt.Fprintf(&out, "// entry msl_entry_%d %s\n", n, e.name)
	}
	fmt.Fprintf(&out, "// file %s\n", strings.NewReplacer("\n", " ", "\r", " ").Replace(u.program.fileName()))
	out.Write(data[:at])
	out.WriteString("\n.extern .shared .align 1024 .b8 msl_dynamic[];\n")
	for _, name := range variableNames(text) {
		parts := ptxVariable.FindStringSubmatch(name)
		align, _ := strconv.Atoi(parts[2])
		fmt.Fprintf(&out, ".shared .align %d .b8 %s[%s];\n", max(align, 16), name, parts[1])
	}
	text = airName.ReplaceAllStringFunc(text, func(name string) string { return strings.ReplaceAll(name, ".", "_") })
	text = strings.ReplaceAll(text, "MSL_PATH_DEPTH", strconv.Itoa(u.paths))
	for line := range strings.Lines(text) {
		if strings.Contains(line, "const") {
			line = ptxConstant.ReplaceAllString(line, "${1}${2}${3}global")
			line = strings.Replace(line, "ld.global.", "ld.global.nc.", 1)
		}
		out.WriteString(line)
	}
	return os.WriteFile(module, []byte(out.String()), 0o644)
}

// variableNames are the threadgroup variables that a module uses, each once.
func variableNames(text string) []string {
	known := map[string]bool{}
	for _, name := range ptxVariable.FindAllString(text, -1) {
		known[name] = true
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// inspect looks for functions that a module calls and does not have.
func (ptx) inspect(module string, _ bool) ([]moduleFault, error) {
	data, err := os.ReadFile(module)
	if err != nil {
		return nil, err
	}
	var faults []moduleFault
	for _, match := range ptxUnknown.FindAllStringSubmatch(string(data), -1) {
		if match[1] != "" {
			faults = append(faults, moduleFault{symbol: match[1]})
		} else {
			faults = append(faults, moduleFault{symbol: match[2]})
		}
	}
	return faults, nil
}

func (ptx) passes() []pass {
	return []pass{
		{"place threadgroup variables", []fact{declared}, nil, (*unit).placeThreadgroupVariables},
	}
}

// traits are how the common passes differ for this target: a warp multiplies matrices as a whole, and arrays that stay in
// registers are worth unrolling for.
func (ptx) traits() traits {
	return traits{wholeMatrices: true, oneSpace: true, skipsStraight: true, unrolls: true, variable: ptxVariableText, initial: ptxInitialText}
}

func ptxVariableText(v threadgroupVariable) string {
	return fmt.Sprintf("msl_threadgroup_variable<%d, sizeof(%s%s), alignof(%s)>()", v.number, v.typeText, v.dimensions, v.alignedAs)
}

func ptxInitialText(v threadgroupVariable) string {
	return fmt.Sprintf("msl_initial_value(%d, (__local void *)&%s, (const void *)&msl_initial, sizeof msl_initial)", v.number, v.name)
}

// entryPoints writes a PTX entry for each entry point, and its facts.
func (ptx) entryPoints(u *unit) string {
	var b strings.Builder
	b.WriteString("\n")
	claims := u.initialValues || u.tells()
	for n, e := range u.entries {
		fmt.Fprintf(&b, "# 1 \"%s\"\nextern \"C\" __kernel void msl_entry_%d(struct msl_launch launch) {\n", entryFile(n), n)
		b.WriteString("  msl_ptx_group msl_group; msl_ptx_simdgroup msl_simdgroup_of; msl_ptx_lane msl_lane_of;\n" +
			"  msl_place(launch, msl_group, msl_simdgroup_of, msl_lane_of);\n" +
			"  const msl_ptx_lane *L = &msl_lane_of;\n")
		if claims {
			b.WriteString("  msl_begin_claims(launch);\n")
		}
		b.WriteString("  if (L->thread >= msl_group.threads) return;\n")
		if u.paths > 0 {
			b.WriteString("  ::metal::msl_simd::begin_path();\n")
		}
		writeCall(&b, &e, func(p *parameter, typ string) string {
			if p.kind == threadgroupParameter {
				return fmt.Sprintf("::metal::msl_detail::shared_argument<%s>::at(launch.threadgroup_args[%d])", typ, p.slot)
			}
			address := fmt.Sprintf("(void *)launch.buffers[%d]", p.slot)
			if p.condition != "" {
				address = fmt.Sprintf("(%s) ? %s : nullptr", p.condition, address)
			}
			return fmt.Sprintf("::metal::msl_detail::argument<%s>::at(%s)", typ, address)
		})
		b.WriteString("}\n")
	}
	b.WriteString("# 1 \"<entry points>\"\n")
	if u.copies() {
		b.WriteString("#include \"msl_async_copy.h\"\n")
	}
	for n, e := range u.entries {
		fmt.Fprintf(&b, "extern \"C\" __attribute__((used)) __constant unsigned msl_entry_%d_facts[4] = {0x%xu%s, 0x%xu%s, %s, %d};\n", n,
			slots(e.kernel, bufferParameter), slotsByConstants(e.kernel, bufferParameter), slots(e.kernel, threadgroupParameter),
			slotsByConstants(e.kernel, threadgroupParameter), e.maxThreadsExpression(), e.line)
	}
	return b.String()
}

// tells reports whether a kernel may write messages of os_log, or assert.
func (u *unit) tells() bool {
	for i := range u.tokens {
		if u.is(i, "log_message") || u.is(i, "os_log") || u.is(i, "os_log_default") || u.is(i, "assert") {
			return true
		}
	}
	return false
}

// copies reports whether the text declares Apple's functions for asynchronous copies.
func (u *unit) copies() bool {
	for i := range u.tokens {
		if strings.HasPrefix(u.tokens[i].text, `"air.`) {
			return true
		}
	}
	return false
}
