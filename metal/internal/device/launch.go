package device

import (
	"fmt"
	"time"
)

// Argument fills one slot of a kernel: Memory (from Offset on), Bytes, which are copied, a length of Threadgroup
// memory, or Null: a pointer that the kernel names and does not read this time.
type Argument struct {
	Index       uint32
	Memory      *Memory
	Offset      int
	Bytes       []byte
	Threadgroup int
	Null        bool
}

// Launch is what a kernel runs over.
type Launch struct {
	Arguments   []Argument
	Grid        [3]uint32 // threadgroups, or threads where GridInThreads; a 0 behind the first counts as 1
	Threadgroup [3]uint32 // threads; a 0 behind the first counts as 1
	// GridInThreads: threadgroups at the edge are smaller, never rounded up.
	GridInThreads bool
	Repeat        int           // how many times, in order; 0 means 1
	Deadline      time.Duration // of all repetitions; 0: none
}

// check refuses what C could not even be told.
func (l *Launch) check() error {
	if l == nil {
		return &Error{Call: "run", Code: CodeInvalid, Text: "no launch, expected one with its grid, threadgroup and arguments"}
	}
	if l.Repeat < 0 || l.Repeat > 1<<30 {
		return &Error{Call: "run", Code: CodeInvalid, Text: fmt.Sprintf("repeat %d, expected 0 to %d", l.Repeat, 1<<30)}
	}
	for i, a := range l.Arguments {
		if err := a.check(); err != nil {
			return fmt.Errorf("run: argument %d: %w", i, err)
		}
	}
	return nil
}

func (a *Argument) check() error {
	set := 0
	for _, is := range []bool{a.Memory != nil, a.Bytes != nil, a.Threadgroup != 0, a.Null} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return fmt.Errorf("%d of Memory, Bytes, Threadgroup and Null are set, expected one: %w", set, ErrInvalidArgs)
	case a.Threadgroup < 0:
		return fmt.Errorf("threadgroup memory of %d bytes, expected at least 1: %w", a.Threadgroup, ErrInvalidArgs)
	case a.Memory != nil && a.Memory.bytes == nil:
		return fmt.Errorf("its memory is %w", ErrClosed)
	case a.Memory != nil && (a.Offset < 0 || a.Offset >= len(a.Memory.bytes)):
		return fmt.Errorf("offset %d, expected 0 to %d, for memory of %d bytes: %w", a.Offset, len(a.Memory.bytes)-1, len(a.Memory.bytes), ErrInvalidArgs)
	case a.Memory == nil && a.Offset != 0:
		return fmt.Errorf("offset %d, and no memory: %w", a.Offset, ErrInvalidArgs)
	}
	return nil
}

// extents has a 0 behind the first count as 1.
func extents(e [3]uint32) [3]uint32 {
	for i := 1; i < 3; i++ {
		e[i] = max(e[i], 1)
	}
	return e
}
