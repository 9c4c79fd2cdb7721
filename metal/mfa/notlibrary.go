package mfa

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"
)

// notLibrary returns what a file is that this program cannot load as a shared library, in words for whoever named it.
// Empty: nothing about the file is wrong at first sight, and the loader's own words have to do.
func notLibrary(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil && os.IsNotExist(err):
		return "there is no such file"
	case err != nil:
		return err.Error()
	case info.IsDir():
		return "a directory, expected a shared library"
	case !info.Mode().IsRegular():
		return "no regular file, expected a shared library"
	case info.Size() == 0:
		return "an empty file, expected a shared library"
	}
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if head = head[:n]; n == 0 {
		return err.Error()
	}
	switch {
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		return notThisELF(file)
	case bytes.HasPrefix(head, []byte("MZ")):
		return notThisPE(file)
	case bytes.HasPrefix(head, []byte("!<arch>\n")):
		return "a static library (an archive of object files), expected a shared one: cc -shared -o NAME.so -Wl,--whole-archive NAME.a"
	}
	if words, ok := notThisMachO(file, head); ok {
		return words
	}
	if utf8.Valid(head[:max(0, n-utf8.UTFMax)]) && !bytes.ContainsRune(head, 0) {
		return "a text file, expected a shared library"
	}
	return "no library of a kind that is known here, expected a shared library"
}

// elfMachines are the architectures by their usual names, and by Go's where Go has one.
var elfMachines = map[elf.Machine]struct{ words, arch string }{
	elf.EM_X86_64: {"x86-64", "amd64"}, elf.EM_386: {"32-bit x86", "386"}, elf.EM_AARCH64: {"AArch64", "arm64"},
	elf.EM_ARM: {"32-bit ARM", "arm"}, elf.EM_RISCV: {"RISC-V", "riscv64"}, elf.EM_PPC64: {"PowerPC 64", "ppc64le"},
	elf.EM_S390: {"IBM Z", "s390x"}, elf.EM_LOONGARCH: {"LoongArch", "loong64"}, elf.EM_MIPS: {"MIPS", "mips64le"},
}

// here names the architecture and the system of this program.
func here() string {
	arch := runtime.GOARCH
	for _, m := range elfMachines {
		if m.arch == arch {
			arch = m.words
		}
	}
	system := runtime.GOOS
	if system == "linux" {
		system = "Linux"
	} else if system == "darwin" {
		system = "macOS"
	}
	return arch + " " + system
}

func foreign(what, where string) string {
	return fmt.Sprintf("%s for %s, and this program runs on %s: build the library for that", what, where, here())
}

func notThisELF(from io.ReaderAt) string {
	f, err := elf.NewFile(from)
	if err != nil {
		return "a damaged ELF file: " + err.Error()
	}
	machine, known := elfMachines[f.Machine]
	if !known {
		machine.words = f.Machine.String()
	}
	if runtime.GOOS == "darwin" {
		return foreign("a library", machine.words+" Linux (ELF)")
	}
	if machine.arch != runtime.GOARCH {
		return foreign("a library", machine.words)
	}
	switch {
	case f.Type == elf.ET_REL:
		return "an object file, expected a shared library: cc -shared -o NAME.so NAME.o, compiled with -fPIC"
	case f.Type == elf.ET_CORE:
		return "a core dump, expected a shared library"
	case f.Type == elf.ET_EXEC:
		return "a program, expected a shared library: link it with -shared"
	}
	for _, p := range f.Progs {
		if flags, err := f.DynValue(elf.DT_FLAGS_1); p.Type == elf.PT_INTERP && err == nil && len(flags) > 0 && flags[0]&uint64(elf.DF_1_PIE) != 0 {
			return "a program, expected a shared library: link it with -shared"
		}
	}
	return ""
}

func notThisPE(from io.ReaderAt) string {
	if _, err := pe.NewFile(from); err != nil {
		return "a damaged file of Windows or DOS"
	}
	return foreign("a library", "Windows")
}

// notThisMachO is not ok where the file is no Mach-O file at all.
func notThisMachO(from io.ReaderAt, head []byte) (words string, ok bool) {
	var files []*macho.File
	if fat, err := macho.NewFatFile(from); err == nil {
		for i := range fat.Arches {
			files = append(files, fat.Arches[i].File)
		}
	} else if thin, err := macho.NewFile(from); err == nil {
		files = []*macho.File{thin}
	} else if len(head) < 4 || !bytes.Contains([]byte("\xcf\xfa\xed\xfe \xce\xfa\xed\xfe \xca\xfe\xba\xbe"), head[:4]) {
		return "", false
	} else {
		return "a damaged Mach-O file: " + err.Error(), true
	}
	var names []string
	for _, f := range files {
		name := strings.ToLower(strings.TrimPrefix(f.Cpu.String(), "Cpu"))
		if runtime.GOOS == "darwin" && name == runtime.GOARCH {
			return "", true
		}
		names = append(names, name)
	}
	return foreign("a library", "macOS, "+strings.Join(names, " and ")), true
}

// mangled returns a symbol of a library that holds a function's name between other things, as C++ and Rust write names
// that nobody declared extern "C". Empty: there is none, or it cannot be told.
func mangled(path, function string) string {
	f, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return ""
	}
	for _, s := range symbols {
		if s.Name != function && strings.Contains(s.Name, function) && s.Section != elf.SHN_UNDEF && strings.HasPrefix(s.Name, "_") {
			return s.Name
		}
	}
	return ""
}
