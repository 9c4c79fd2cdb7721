package device

import (
	"fmt"
	"strings"
)

// ReportKind is what sort of mistake a device with checkers saw.
type ReportKind int

// The kinds.
const (
	OutOfBounds            ReportKind = iota + 1 // of a device buffer
	OutOfBoundsThreadgroup                       // of threadgroup memory
	Race
	Uninitialized
	DivergentBarrier
	DivergentSIMD
	Fault
	UninitializedPrivate
	Misaligned  // the address is no multiple of Bytes, which its type promises; a vector is looked at by elements
	PartialSIMD // a note, no mistake: an operation over the active lanes, of which some are missing
)

var kindNames = map[ReportKind]string{
	OutOfBounds:            "out of bounds",
	OutOfBoundsThreadgroup: "out of bounds in threadgroup memory",
	Race:                   "race",
	Uninitialized:          "read of uninitialised threadgroup memory",
	DivergentBarrier:       "divergent barrier",
	DivergentSIMD:          "divergent simd operation",
	Fault:                  "fault",
	UninitializedPrivate:   "uninitialised private variable",
	Misaligned:             "misaligned access",
	PartialSIMD:            "note: partial simd operation",
}

func (k ReportKind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return fmt.Sprintf("ReportKind(%d)", int(k))
}

// Access is one thread's access or operation.
type Access struct {
	Threadgroup [3]int // threadgroup_position_in_grid
	Thread      [3]int // thread_position_in_threadgroup
	SIMDGroup   int
	Lane        int
	File        string // of the kernel's text; "" where unknown
	Line        int    // 0 where unknown
	Write       bool
	Atomic      bool
	Unnamed     bool // the checker does not tell which thread it was: all of the above but File and Line are unknown
}

// Report is one mistake, at one place or pair of places.
type Report struct {
	Kind        ReportKind
	Kernel      string
	Object      string  // "buffer 3", "threadgroup variable keys"
	Offset      int64   // bytes from the object's start to the access; negative before it
	ObjectBytes int64   // 0 where unknown
	Bytes       int     // of the access
	Access      Access  // the access, or one of the threads that diverged
	Other       *Access // the earlier access of a race; a thread that does not come to the barrier
	Lanes       uint32  // of Access.SIMDGroup (barrier: of Other's) that took part
	Missing     uint32  // and that did not
	OneGroup    bool    // race: both are lanes of one simdgroup, and Order is known
	Order       int     // race: which comes first where lanes run in step: below 0 Access, above 0 Other, 2 by a turn; 0: by line
	Count       int     // how often it was seen
	Detail      string
}

func position(p [3]int) string {
	if p[1] == 0 && p[2] == 0 {
		return fmt.Sprint(p[0])
	}
	return fmt.Sprintf("(%d,%d,%d)", p[0], p[1], p[2])
}

func (a Access) verb() string {
	verb := "read"
	if a.Write {
		verb = "write"
	}
	if a.Atomic {
		verb = "atomic " + verb
	}
	return verb
}

func (a Access) where() string {
	place := "somewhere"
	switch {
	case a.File != "" && a.Line != 0:
		place = fmt.Sprintf("%s:%d", a.File, a.Line)
	case a.Line != 0:
		place = fmt.Sprintf("line %d", a.Line)
	}
	if a.Unnamed {
		return place
	}
	return fmt.Sprintf("%s, by thread %s (simdgroup %d, lane %d) of threadgroup %s",
		place, position(a.Thread), a.SIMDGroup, a.Lane, position(a.Threadgroup))
}

// lanes writes a set of lanes as "0-3,8".
func lanes(mask uint32) string {
	var parts []string
	for i := 0; i < 32; i++ {
		if mask>>i&1 == 0 {
			continue
		}
		last := i
		for last < 31 && mask>>(last+1)&1 == 1 {
			last++
		}
		if last == i {
			parts = append(parts, fmt.Sprint(i))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", i, last))
		}
		i = last
	}
	return strings.Join(parts, ",")
}

// Latent reports whether a race does no harm where lanes of a simdgroup run in step: all of them have made the one access
// before any makes the other.
func (r Report) Latent() bool {
	return r.Kind == Race && r.OneGroup && r.Other != nil && r.Access.File == r.Other.File && r.Access.Line != 0 && r.Other.Line != 0 &&
		(r.Order != 0 || r.Access.Line != r.Other.Line)
}

// missing names the barrier that would end a latent race: between the access that comes first where lanes run in step,
// and the other.
func (r Report) missing() string {
	if !r.Latent() {
		return ""
	}
	first, second := r.Access, *r.Other
	if r.Order > 0 || r.Order == 0 && first.Line > second.Line {
		first, second = second, first
	}
	flags := "mem_device"
	if strings.HasPrefix(r.Object, "threadgroup") {
		flags = "mem_threadgroup"
	}
	turn := ""
	if r.Order == 2 || r.Order == -2 {
		turn = " of a later turn of the loop"
	}
	return fmt.Sprintf("\n  latent: no wrong value when lanes run in step (schedule lockstep)\n  missing: simdgroup_barrier(mem_flags::%s) between the %s at line %d and the %s at line %d%s, at the latest in front of line %d, outside of its branch",
		flags, first.verb(), first.Line, second.verb(), second.Line, turn, second.Line)
}

// String is the report in a few lines.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in kernel %s", r.Kind, r.Kernel)
	switch r.Kind {
	case DivergentBarrier:
		fmt.Fprintf(&b, ":\n  waits at the barrier at %s", r.Access.where())
		if r.Other != nil {
			fmt.Fprintf(&b, "\n  does not come: %s; lanes %s of simdgroup %d; %s",
				r.Other.where(), lanes(r.Missing), r.Other.SIMDGroup, r.Detail)
		}
	case PartialSIMD:
		fmt.Fprintf(&b, ":\n  at %s\n  lanes %s take part; the result is that of these lanes", r.Access.where(), lanes(r.Lanes))
	case UninitializedPrivate:
		fmt.Fprintf(&b, ": what it holds decides byte %d of %s, which has %d\n  written at %s", r.Offset, r.Object, r.ObjectBytes, r.Access.where())
	case Fault:
		fmt.Fprintf(&b, ": %s\n  at %s", r.Detail, r.Access.where())
	case DivergentSIMD:
		fmt.Fprintf(&b, ":\n  at %s\n  lanes %s take part, the result depends on lanes %s, which do not",
			r.Access.where(), lanes(r.Lanes), lanes(r.Missing))
	default:
		switch {
		case r.Access.Unnamed:
			fmt.Fprintf(&b, ": %s of %s", r.Access.verb(), r.Object)
		case r.Detail != "":
			fmt.Fprintf(&b, ": %s of %d bytes of %s, %s", r.Access.verb(), r.Bytes, r.Object, r.Detail)
		default:
			fmt.Fprintf(&b, ": %s of %d bytes at byte %d of %s", r.Access.verb(), r.Bytes, r.Offset, r.Object)
		}
		if r.ObjectBytes > 0 {
			fmt.Fprintf(&b, ", which has %d", r.ObjectBytes)
		}
		fmt.Fprintf(&b, "\n  at %s", r.Access.where())
		if r.Other != nil {
			when := "earlier "
			if r.Other.Unnamed {
				when = "" // nor which came first
			}
			fmt.Fprintf(&b, "\n  %s%s at %s", when, r.Other.verb(), r.Other.where())
			b.WriteString(r.missing())
		}
	}
	if r.Count > 1 {
		fmt.Fprintf(&b, "\n  seen %d times", r.Count)
	}
	return b.String()
}
