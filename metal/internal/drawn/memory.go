package drawn

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// place says where an array lies, and who may do what with it.
type place int

const (
	given   place = iota // a buffer that is only read
	fixed                // the same in constant memory
	result               // a buffer of which every thread has places of its own
	shared               // threadgroup memory: places of a thread's own, and all are read between barriers
	private              // a thread's own
	tally                // atomics that many threads change, each in one way, and nobody reads
	table                // an array of constants outside of the kernel
	solo                 // atomics of which every thread has its own
)

// memory is an array.
type memory struct {
	name   string
	place  place
	fields []typ // of an element; more than one: it is a struct
	packed bool  // its vectors lie without room for a fourth element, and at any place
	count  int
	turned int     // which of its places are a thread's own: see placeOf; of a tally, the number of its way in waysOfAll
	apart  bool    // a thread's own places are far from each other, not side by side
	each   int     // how many a thread has
	rows   int     // of an array of arrays; 0: it is none
	values []value // of a table
}

func (a *memory) isStruct() bool { return len(a.fields) > 1 }

// element is the type's text.
func (a *memory) element(kernel string) string {
	switch {
	case a.place == tally || a.place == solo:
		return "atomic_" + a.fields[0].String()
	case a.place == table:
		return a.fields[0].String()
	case a.isStruct():
		return kernel + "_" + a.name + "_t"
	case a.packed:
		return "packed_" + a.fields[0].String()
	}
	return a.fields[0].String()
}

// layout are the fields' offsets and the size of an element.
func (a *memory) layout() (offsets []int, size int) {
	align := 1
	for _, t := range a.fields {
		bytes, own := t.size(), t.size()
		if a.packed {
			bytes, own = t.n*t.bits()/8, t.bits()/8
		}
		size = (size + own - 1) / own * own
		offsets = append(offsets, size)
		size += bytes
		align = max(align, own)
	}
	return offsets, (size + align - 1) / align * align
}

// structText declares an element that is a struct.
func (a *memory) structText(kernel string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "struct %s {", a.element(kernel))
	for i, t := range a.fields {
		fmt.Fprintf(&b, " %s f%d;", t, i)
	}
	b.WriteString(" };\n")
	return b.String()
}

// tableText declares a table.
func (a *memory) tableText(kernel string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "constant %s %s[%d] = {", a.fields[0], a.name, a.count)
	for i, v := range a.values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.fields[0].String() + "(")
		for c := range a.fields[0].n {
			if c > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%d", integer(a.fields[0].kind, v[c]))
		}
		b.WriteString(")")
	}
	b.WriteString("};\n")
	return b.String()
}

// bytes are the values of all elements as they lie in memory.
func (a *memory) bytes(values []value) []byte {
	offsets, size := a.layout()
	out := make([]byte, size*a.count)
	for i, v := range values {
		at, t := i/len(a.fields)*size+offsets[i%len(a.fields)], a.fields[i%len(a.fields)]
		for c := range t.n {
			var one [8]byte
			binary.LittleEndian.PutUint64(one[:], v[c])
			copy(out[at+c*t.bits()/8:], one[:t.bits()/8])
		}
	}
	return out
}

// differs tells the first element in which memory is not what it should be. One NaN is as good as another.
func (a *memory) differs(got []byte, want []value) string {
	offsets, size := a.layout()
	for i, v := range want {
		at, t := i/len(a.fields)*size+offsets[i%len(a.fields)], a.fields[i%len(a.fields)]
		for c := range t.n {
			var one [8]byte
			copy(one[:], got[at+c*t.bits()/8:][:t.bits()/8])
			x := binary.LittleEndian.Uint64(one[:])
			if x != v[c] && !(isNaN(t.kind, x) && isNaN(t.kind, v[c])) {
				return fmt.Sprintf("%s[%d], field %d, part %d (%s) is %#x, by its meaning %#x", a.name, i/len(a.fields), i%len(a.fields), c, kindNames[t.kind], x, v[c])
			}
		}
	}
	return ""
}

// at is where a thread's values of an array are, and how many.
func (m *machine) at(a *memory, thread int) []value {
	if a.place == private {
		if m.own[a] == nil {
			m.own[a] = &[threads][]value{}
		}
		if m.own[a][thread] == nil {
			m.own[a][thread] = make([]value, a.count*len(a.fields))
		}
		return m.own[a][thread]
	}
	return m.mem[a]
}

// index is an element's number as an expression of an integer gives it.
func index(k kind, x uint64, a *memory) int {
	i := integer(k, x)
	if i < 0 || i >= int64(a.count) {
		panic(fmt.Sprintf("%s[%d]: it has %d elements", a.name, i, a.count))
	}
	return int(i)
}

// spelled is how an element's field is named in a text; %[1]s is the index.
func (a *memory) spelled(field int) string {
	if a.rows > 0 {
		return fmt.Sprintf("%s[%%[1]s / %du][%%[1]s %%%% %[2]du]", a.name, a.count/a.rows)
	}
	if a.isStruct() {
		return fmt.Sprintf("%s[%%[1]s].f%d", a.name, field)
	}
	return a.name + "[%[1]s]"
}

// load reads a field of an element.
func load(a *memory, field int, at *expr) *expr {
	t, format := a.fields[field], a.spelled(field)
	if a.packed && t.n > 1 {
		format = t.String() + "(" + format + ")"
	}
	return &expr{t: t, format: format, parts: []*expr{at}, about: a, run: func(m *machine, parts []*expr, mask uint64) (out vals) {
		where := parts[0].eval(m, mask)
		forEach(mask, func(thread int) {
			out[thread] = m.at(a, thread)[index(parts[0].t.kind, where[thread][0], a)*len(a.fields)+field]
		})
		return out
	}}
}

// store writes a field of an element.
func store(a *memory, field int, at, e *expr) *stmt {
	s := simple(a.spelled(field)+" = %[2]s;", func(f *frame, s *stmt, mask uint64) {
		where, x := s.exprs[0].eval(f.machine, mask), s.exprs[1].eval(f.machine, mask)
		forEach(mask, func(thread int) {
			f.at(a, thread)[index(s.exprs[0].t.kind, where[thread][0], a)*len(a.fields)+field] = x[thread]
		})
	}, at, e)
	s.names = []any{a}
	return s
}

// storePart writes one element of a vector in memory.
func storePart(a *memory, field, part int, at, e *expr) *stmt {
	s := simple(a.spelled(field)+"."+"xyzw"[part:part+1]+" = %[2]s;", func(f *frame, s *stmt, mask uint64) {
		where, x := s.exprs[0].eval(f.machine, mask), s.exprs[1].eval(f.machine, mask)
		forEach(mask, func(thread int) {
			f.at(a, thread)[index(s.exprs[0].t.kind, where[thread][0], a)*len(a.fields)+field][part] = x[thread][0]
		})
	}, at, e)
	s.names = []any{a}
	return s
}
