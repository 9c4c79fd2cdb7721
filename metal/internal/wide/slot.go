package wide

import (
	"fmt"
	"strings"
)

// written is a line of the code; slot, where it is not "", is the one that is made or stored to there, and without a load the
// line is of no use.
type written struct{ text, slot string }

// needed are the lines without those of slots that nobody loads. Most values are used only in the code that makes them.
func (e *emitter) needed(lines []written) string {
	var b strings.Builder
	for _, l := range lines {
		if l.slot == "" || e.loaded[l.slot] {
			b.WriteString(l.text)
		}
	}
	return b.String()
}

// memory is room on the stack, whose type stands before its alignment.
func (e *emitter) memory(t string) string {
	name, text := e.room(t)
	e.slots = append(e.slots, written{text: text})
	return name
}

// slot is a place for a value between pieces of the code. The optimiser makes it a register again.
func (e *emitter) slot(t string) string {
	name, text := e.room(t)
	e.slots = append(e.slots, written{text, name})
	return name
}

func (e *emitter) room(t string) (name, text string) {
	e.n++
	name = fmt.Sprintf("%%s.%d", e.n)
	return name, fmt.Sprintf("  %s = alloca %s\n", name, t)
}

// start writes what stands at the function's start.
func (e *emitter) start(format string, arguments ...any) {
	e.slots = append(e.slots, written{text: fmt.Sprintf(format, arguments...)})
}

// begin gives a slot its value where the function begins.
func (e *emitter) begin(slot, t, x string) {
	e.slots = append(e.slots, written{fmt.Sprintf("  store %s %s, ptr %s\n", t, x, slot), slot})
}

// fill makes x the value of a slot.
func (e *emitter) fill(slot, t, x string) {
	e.lines = append(e.lines, written{fmt.Sprintf("  store %s %s, ptr %s\n", t, x, slot), slot})
	e.held[slot] = x
}

// read is the value of a slot: what was stored to it or loaded from it since the last label, where that is known.
func (e *emitter) read(slot, t string) string {
	return e.known(slot, func() string {
		e.loaded[slot] = true
		return e.set("load %s, ptr %s", t, slot)
	})
}

// known is what somebody made since the last label, by its name, or is made now.
func (e *emitter) known(name string, made func() string) string {
	x, ok := e.held[name]
	if !ok {
		x = made()
		e.held[name] = x
	}
	return x
}
