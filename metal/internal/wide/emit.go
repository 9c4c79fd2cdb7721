package wide

import (
	"fmt"
	"strings"
)

// lanes are the lanes of a simdgroup.
const lanes = 32

const maskType = "<32 x i1>"

// emitter writes a kernel for all lanes of a simdgroup. Every value has a slot on the stack, which the optimiser makes a
// register again: so code may be laid out in whatever order masks ask for.
type emitter struct {
	m         *module
	f         *function
	flow      *flow
	d         *divergence
	straights map[string]*straight
	flat      map[string]bool
	steps     map[string]int64 // of the flat ones whose step is a number

	lines     []written
	slots     []written // what stands at the function's start
	n         int
	held      map[string]string // what is known since the last label: what slots hold, and other values by their names
	loaded    map[string]bool   // slots
	slotOf    map[string]string // by value
	ownOf     map[string]string // of values that lanes keep when they leave a loop
	nextOf    map[string]string // of phis of a loop's head: what they will hold in the next turn; lanes may still be in this one
	stepOf    map[string]string // where the step of a flat value is, if it is no number
	declared  map[string]bool
	functions map[string]string // that the code calls, in IR
	self      string            // the identity of lane 0
	block     *block
	active    string // the lanes that run the block, a bit for each
	skip      map[*inst]bool
	private   int64             // bytes of all lanes' private variables
	joined    map[*inst][]*inst // stores that are one, by the last of them: what lies side by side, in ascending order
	err       error

	Gathers, Scatters, OneByOne int // places of the code that take lanes' own addresses, or lanes one after another
}

// widened is a kernel for 32 lanes: a function, and what it needs beside it.
type widened struct {
	text      string
	declared  map[string]bool
	functions map[string]string
	note      string
}

// widen writes the kernel.
func widen(m *module, f *function, attributes string) (*widened, error) {
	if err := shape(f); err != nil {
		return nil, err
	}
	w, err := flowOf(f)
	if err != nil {
		return nil, err
	}
	d, err := diverge(m, f, w)
	if err != nil {
		return nil, err
	}
	e := &emitter{m: m, f: f, flow: w, d: d, straights: map[string]*straight{}, flat: map[string]bool{}, steps: map[string]int64{}, slotOf: map[string]string{}, ownOf: map[string]string{}, nextOf: map[string]string{}, stepOf: map[string]string{},
		held: map[string]string{}, loaded: map[string]bool{}, declared: map[string]bool{}, functions: map[string]string{}, self: f.params[0], skip: map[*inst]bool{}, joined: map[*inst][]*inst{}}
	e.makeSlots()
	e.lanesFunction() // functions that the code calls make masks too
	for _, b := range w.layout {
		e.emitBlock(b)
		if e.err != nil {
			return nil, e.err
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "define hidden void @%s(ptr %s) %s {\nwide.start:\n", quoteName(f.name), e.self, attributes)
	text.WriteString(e.needed(e.slots))
	fmt.Fprintf(&text, "  %%wide.present = call i32 @msl_wide_present(ptr %s)\n", e.self)
	fmt.Fprintf(&text, "  br label %%\"b.%s\"\n%s}\n", w.layout[0].name, e.needed(e.lines))
	masked := 0
	for _, b := range w.order {
		if d.regions[b] != nil {
			masked++
		}
	}
	note := fmt.Sprintf("%d blocks, %d under masks; %d of %d values differ; %d gathers, %d scatters, %d one by one", len(w.order), masked,
		len(d.differs), len(d.defs), e.Gathers, e.Scatters, e.OneByOne)
	return &widened{text.String(), e.declared, e.functions, note}, nil
}

func (e *emitter) refuse(format string, arguments ...any) {
	if e.err == nil {
		e.err = refuse(format, arguments...)
	}
}
