package host

import (
	"debug/dwarf"
	"debug/elf"
	"path/filepath"
	"strings"
)

// lineTables answers which line of a kernel's text an address of a module belongs to. Modules are read once each.
type lineTables map[string]*lineTable

// lineTable is a module's line table and the inlined calls in it.
type lineTable struct {
	data  *dwarf.Data
	units []*dwarf.Entry
}

func (t lineTables) line(module string, address uint64) (file string, line int) {
	table, ok := t[module]
	if !ok {
		table = readLineTable(module)
		t[module] = table
	}
	if table == nil {
		return "", 0
	}
	return table.find(address)
}

// readLineTable returns nil for a module without line tables.
func readLineTable(module string) *lineTable {
	f, err := elf.Open(module)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		return nil
	}
	t := &lineTable{data: data}
	r := data.Reader()
	for {
		e, err := r.Next()
		if err != nil || e == nil {
			return t
		}
		if e.Tag == dwarf.TagCompileUnit {
			t.units = append(t.units, e)
		}
		r.SkipChildren()
	}
}

// frame is one of the calls that were inlined into each other at an address, innermost first.
type frame struct {
	file string
	line int
}

// find returns the innermost place that is in the kernel's own text, not in the headers it includes.
func (t *lineTable) find(address uint64) (string, int) {
	var first frame
	for _, unit := range t.units {
		for _, f := range t.frames(unit, address) {
			if f.line == 0 {
				continue
			}
			if !isHeader(f.file) {
				return nameIn(unit, f.file), f.line
			}
			if first.line == 0 {
				first = f
			}
		}
	}
	return first.file, first.line
}

// nameIn is the file's name as the compiler was given it: not joined to the folder in which it happened to run.
func nameIn(unit *dwarf.Entry, file string) string {
	folder, _ := unit.Val(dwarf.AttrCompDir).(string)
	return strings.TrimPrefix(file, strings.TrimSuffix(folder, "/")+"/")
}

func isHeader(file string) bool {
	base := filepath.Base(file)
	return strings.HasPrefix(base, "msl_") || strings.HasPrefix(base, "metal_") || base == "<entry points>"
}

func (t *lineTable) frames(unit *dwarf.Entry, address uint64) []frame {
	lines, err := t.data.LineReader(unit)
	if err != nil || lines == nil {
		return nil
	}
	var entry dwarf.LineEntry
	if lines.SeekPC(address, &entry) != nil {
		return nil
	}
	frames := []frame{{entry.File.Name, entry.Line}}
	return append(frames, t.calls(unit, lines.Files(), address)...)
}

// calls lists the inlined calls whose code holds the address, innermost first: each as the place it was called from.
func (t *lineTable) calls(unit *dwarf.Entry, files []*dwarf.LineFile, address uint64) []frame {
	var calls []frame
	r := t.data.Reader()
	r.Seek(unit.Offset)
	if _, err := r.Next(); err != nil {
		return nil
	}
	for depth := 0; depth >= 0; {
		e, err := r.Next()
		if err != nil || e == nil {
			break
		}
		if e.Tag == 0 {
			depth--
			continue
		}
		inlined := e.Tag == dwarf.TagInlinedSubroutine
		if !inlined && e.Tag != dwarf.TagSubprogram && e.Tag != dwarf.TagLexDwarfBlock {
			r.SkipChildren()
			continue
		}
		if !t.holds(e, address) {
			r.SkipChildren()
			continue
		}
		if inlined {
			file, _ := e.Val(dwarf.AttrCallFile).(int64)
			line, _ := e.Val(dwarf.AttrCallLine).(int64)
			if int(file) < len(files) && files[file] != nil {
				calls = append([]frame{{files[file].Name, int(line)}}, calls...)
			}
		}
		if e.Children {
			depth++
		}
	}
	return calls
}

func (t *lineTable) holds(e *dwarf.Entry, address uint64) bool {
	ranges, err := t.data.Ranges(e)
	if err != nil {
		return false
	}
	for _, r := range ranges {
		if address >= r[0] && address < r[1] {
			return true
		}
	}
	return false
}
