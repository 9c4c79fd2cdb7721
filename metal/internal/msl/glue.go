package msl

import (
	"fmt"
	"strings"
)

// glue writes the module's entry points and its table: a C function per entry point, which fetches the arguments
// from the lane that runs it and calls the kernel.
func glue(entries []entryPoint, file string, math MathMode, check bool) string {
	var b strings.Builder
	b.WriteString("\n")
	for n, e := range entries {
		writeEntry(&b, n, &e)
	}
	buffers, threadgroup := writeSlots(&b, entries, bufferParameter), writeSlots(&b, entries, threadgroupParameter)
	b.WriteString("# 1 \"<entry points>\"\n")
	b.WriteString("extern \"C\" __constant struct msl_entry msl_entries[] = {\n")
	if len(entries) == 0 {
		b.WriteString("  {},\n") // an array has at least one
	}
	for n, e := range entries {
		fmt.Fprintf(&b, "  {%s, msl_entry_%d, 0x%xu, 0x%xu, %s, %d, %s, %s},\n", quote(e.name), n,
			slots(e.kernel, bufferParameter), slots(e.kernel, threadgroupParameter), e.maxThreadsExpression(), e.line, buffers[n], threadgroup[n])
	}
	flags := "0"
	if check {
		flags += " | MSL_MODULE_CHECKED"
	}
	if math != MathSafe {
		flags += " | MSL_MODULE_FAST"
	}
	b.WriteString("};\n")
	fmt.Fprintf(&b, "extern \"C\" __attribute__((visibility(\"default\"))) __constant struct msl_module msl_module = {\n"+
		"  MSL_ABI_VERSION, %d, msl_entries, %s, %s};\n", len(entries), flags, quote(file))
	if check {
		b.WriteString("#include \"msl_check.h\"\n")
	}
	return b.String()
}

// entryFile is what clang takes for the file of entry point n, so that its diagnostics tell which one is at fault.
func entryFile(n int) string { return fmt.Sprintf("<entry point %d>", n) }

// entryOf is the entry point that a file's name stands for.
func entryOf(file string) (n int, ok bool) {
	_, err := fmt.Sscanf(file, "<entry point %d>", &n)
	return n, err == nil
}

func writeEntry(b *strings.Builder, n int, e *entryPoint) {
	fmt.Fprintf(b, "# 1 \"%s\"\nextern \"C\" void msl_entry_%d(struct msl_lane *L) {\n", entryFile(n), n)
	writeCall(b, e, func(p *parameter, typ string) string {
		address := ""
		switch p.kind {
		case bufferParameter:
			address = fmt.Sprintf("L->threadgroup->buffers[%d]", p.slot)
		case threadgroupParameter:
			address = fmt.Sprintf("L->threadgroup->threadgroup_args[%d]", p.slot)
		}
		if p.condition != "" {
			address = fmt.Sprintf("(%s), %s", p.condition, address)
		}
		return fmt.Sprintf("::metal::msl_detail::argument<%s>::at(%s)", typ, address)
	})
	b.WriteString("}\n")
}

// writeCall calls a kernel; memory spells the argument of a parameter that is memory, typ its type.
func writeCall(b *strings.Builder, e *entryPoint, memory func(p *parameter, typ string) string) {
	if len(e.kernel.parameters) > 0 {
		signature := e.signature
		if signature == "" {
			signature = "decltype(" + e.expression + ")"
		}
		fmt.Fprintf(b, "  typedef ::metal::msl_detail::signature<%s> S;\n", signature)
	}
	fmt.Fprintf(b, "  %s(", e.expression)
	for i := range e.kernel.parameters {
		p := &e.kernel.parameters[i]
		if i > 0 {
			b.WriteString(",")
		}
		typ := fmt.Sprintf("S::at<%d>::type", i)
		switch {
		case p.kind != positionParameter:
			fmt.Fprintf(b, "\n    %s", memory(p, typ))
		case p.vector:
			fmt.Fprintf(b, "\n    ::metal::msl_detail::position<%s>::of(%s[0], %s[1], %s[2])", typ, p.value, p.value, p.value)
		default:
			fmt.Fprintf(b, "\n    ::metal::msl_detail::position<%s>::of(%s, 0, 0)", typ, p.value)
		}
	}
	b.WriteString(");\n")
}

// slots is the mask of the slots that a kernel's parameters of one kind name, whatever function constants are.
func slots(k *kernelFunction, kind parameterKind) uint32 {
	mask := uint32(0)
	for _, p := range k.parameters {
		if p.kind == kind && p.condition == "" {
			mask |= 1 << p.slot
		}
	}
	return mask
}

// slotsByConstants is what is added to that mask where function constants say so, as an expression.
func slotsByConstants(k *kernelFunction, kind parameterKind) string {
	mask := ""
	for _, p := range k.parameters {
		if p.kind == kind && p.condition != "" {
			mask += fmt.Sprintf(" | ((%s) ? 0x%xu : 0u)", p.condition, uint32(1)<<p.slot)
		}
	}
	return mask
}

// writeSlots writes, for each entry point with parameters of that kind that function constants decide about, a function that
// computes their mask, and returns the functions' names, "0" where there is none. A function, since an open module learns what
// the constants are when it is done.
func writeSlots(b *strings.Builder, entries []entryPoint, kind parameterKind) []string {
	what := map[parameterKind]string{bufferParameter: "buffers", threadgroupParameter: "threadgroup_args"}[kind]
	names := make([]string, len(entries))
	for n, e := range entries {
		names[n] = "0"
		if mask := slotsByConstants(e.kernel, kind); mask != "" {
			names[n] = fmt.Sprintf("msl_%s_%d", what, n)
			fmt.Fprintf(b, "# 1 \"%s\"\nextern \"C\" unsigned %s(void) { return 0u%s; }\n", entryFile(n), names[n], mask)
		}
	}
	return names
}

// quote spells a string literal of C.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?' {
			fmt.Fprintf(&b, "\\%03o", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
