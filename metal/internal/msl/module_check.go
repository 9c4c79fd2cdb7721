package msl

import (
	"debug/elf"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What a made module may need of the process that loads it: the functions of the math library that our headers and clang
// call, and those that copy and fill memory.
var allowedSymbols = func() map[string]bool {
	allowed := map[string]bool{"memcpy": true, "memmove": true, "memset": true, "memcmp": true, "bcmp": true, "_GLOBAL_OFFSET_TABLE_": true}
	for _, name := range strings.Fields("acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp10 exp2 " +
		"expm1 fabs fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp llrint llround log log10 log1p log2 logb lrint lround modf " +
		"nearbyint nextafter pow remainder rint round roundeven scalbn sin sincos sinh sqrt tan tanh trunc") {
		allowed[name], allowed[name+"f"] = true, true
	}
	return allowed
}()

var allowedLibraries = regexp.MustCompile(`^(libm|libc|ld-linux-[a-z0-9-]+)\.so\.[0-9]+$`)

// moduleFault is why a module is not to be loaded.
type moduleFault struct {
	symbol      string // that it needs and nobody has
	initialises bool   // it runs code while it is loaded
	other       string
}

// inspectModule looks at a made module before anything loads it: loading must run none of its code, and it may call
// nothing of the process but what allowedSymbols lists. A checked module has one constructor, clang's own, which calls the
// module's empty __tsan_init.
func inspectModule(path string, checked bool) ([]moduleFault, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the module that clang made: %w", err)
	}
	defer f.Close()
	var faults []moduleFault
	if n := constructors(f); n > 1 || n == 1 && !checked {
		faults = append(faults, moduleFault{initialises: true})
	}
	for _, tag := range []elf.DynTag{elf.DT_INIT, elf.DT_FINI, elf.DT_AUXILIARY, elf.DT_FILTER, elf.DT_RPATH, elf.DT_RUNPATH, elf.DT_TEXTREL} {
		if values, err := f.DynValue(tag); err == nil && len(values) > 0 {
			faults = append(faults, moduleFault{other: tag.String() + " in its dynamic section"})
		}
	}
	needs, err := wrongNeeds(f)
	if err != nil {
		return nil, err
	}
	faults = append(faults, needs...)
	for _, s := range f.Progs {
		if s.Type == elf.PT_GNU_STACK && s.Flags&elf.PF_X != 0 || s.Type == elf.PT_LOAD && s.Flags&(elf.PF_W|elf.PF_X) == elf.PF_W|elf.PF_X {
			faults = append(faults, moduleFault{other: "memory that is written and run"})
		}
	}
	if hasIndirect(f) {
		faults = append(faults, moduleFault{initialises: true})
	}
	return faults, nil
}

// constructors counts what would run while the module is loaded or unloaded. A section of code, which has no entries to count,
// is two: more than any module may have.
func constructors(f *elf.File) uint64 {
	n := uint64(0)
	for _, s := range f.Sections {
		switch s.Type {
		case elf.SHT_INIT_ARRAY, elf.SHT_PREINIT_ARRAY, elf.SHT_FINI_ARRAY:
			n += s.Size / 8
		}
		if (s.Name == ".init" || s.Name == ".fini" || s.Name == ".ctors" || s.Name == ".dtors") && s.Size > 0 {
			n += 2
		}
	}
	return n
}

// wrongNeeds are the libraries and symbols that the module asks for and may not.
func wrongNeeds(f *elf.File) ([]moduleFault, error) {
	var faults []moduleFault
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return nil, err
	}
	for _, name := range libraries {
		if !allowedLibraries.MatchString(name) {
			faults = append(faults, moduleFault{other: "it needs the library " + name})
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		switch {
		case elf.ST_TYPE(s.Info) == elf.STT_GNU_IFUNC:
			faults = append(faults, moduleFault{initialises: true})
		case s.Section == elf.SHN_UNDEF && s.Name != "" && !allowedSymbols[s.Name]:
			faults = append(faults, moduleFault{symbol: s.Name})
		}
	}
	return faults, nil
}

// hasIndirect reports relocations whose value a function of the module computes while it is loaded.
func hasIndirect(f *elf.File) bool {
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA || s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return true
		}
		for ; len(data) >= 24; data = data[24:] {
			kind := f.ByteOrder.Uint64(data[8:]) & 0xffffffff
			if f.Machine == elf.EM_X86_64 && kind == uint64(elf.R_X86_64_IRELATIVE) || f.Machine == elf.EM_AARCH64 && kind == 1032 {
				return true
			}
		}
	}
	return false
}

// refusal makes an error of what is wrong with a module: each fault with the line of the text that is to blame.
func refusal(u *unit, warnings []Diagnostic, faults []moduleFault) error {
	p := u.program
	if len(faults) == 0 {
		return nil
	}
	e := &CompileError{Function: p.Function, placed: true}
	add := func(d Diagnostic) {
		d.Severity = "error"
		if !slices.Contains(e.Diagnostics, d) {
			e.Diagnostics = append(e.Diagnostics, d)
		}
	}
	whole := Diagnostic{File: p.fileName(), Line: 1, Column: 1}
	for _, f := range faults {
		switch {
		case f.symbol != "":
			d := whole
			if i := u.placeOf(f.symbol); i >= 0 {
				t := &u.tokens[i]
				d.File, d.Line, d.Column = t.file, t.line, u.sourceColumn(i, map[string][]token{})
			}
			d.Message = fmt.Sprintf("%s is declared and never defined: a kernel may call what its text and MSL define, and nothing of the process that runs it", sourceName(f.symbol))
			add(d)
		case f.initialises:
			found := false
			for _, w := range warnings {
				if strings.Contains(w.Message, "-Wglobal-constructors") || strings.Contains(w.Message, "-Wexit-time-destructors") {
					w.Message = "the value is not known when the text is compiled, so its code would run while the module is loaded; a program-scope constant needs a constant expression"
					add(w)
					found = true
				}
			}
			if !found {
				d := whole
				d.Message = "the text has code that would run while the module is loaded"
				add(d)
			}
		default:
			d := whole
			d.Message = "the module that the text makes is refused: " + f.other
			add(d)
		}
	}
	return e
}

// namesIn are the identifiers in a symbol, as C++ encodes them: the innermost last.
func namesIn(symbol string) []string {
	if !strings.HasPrefix(symbol, "_Z") {
		return []string{symbol}
	}
	var names []string
	for i := 2; i < len(symbol); {
		end := i
		for end < len(symbol) && isDigit(symbol[end]) {
			end++
		}
		n, err := strconv.Atoi(symbol[i:end])
		if end == i || err != nil || n == 0 || end+n > len(symbol) {
			i++
			continue
		}
		names = append(names, symbol[end:end+n])
		i = end + n
	}
	return names
}

// sourceName is the name as the text has it, without namespaces. A nested name ends in an E; what follows are the types.
func sourceName(symbol string) string {
	names := namesIn(symbol)
	switch {
	case len(names) == 0 || !strings.HasPrefix(symbol, "_Z"):
		return symbol
	case !strings.HasPrefix(symbol, "_ZN"):
		return names[0]
	}
	last, at := names[0], strings.Index(symbol, names[0])
	for _, name := range names[1:] {
		next := strconv.Itoa(len(name)) + name
		if at += len(last); !strings.HasPrefix(symbol[at:], next) {
			break // the nested name has ended
		}
		last, at = name, at+len(next)-len(name)
	}
	return last
}

// placeOf is the first place of the text that names the symbol, or a label that is it.
func (u *unit) placeOf(symbol string) int {
	for _, name := range slices.Concat([]string{`"` + symbol + `"`, sourceName(symbol)}, namesIn(symbol)) {
		for i := range u.tokens {
			if u.tokens[i].original == name {
				return i
			}
		}
	}
	return -1
}
