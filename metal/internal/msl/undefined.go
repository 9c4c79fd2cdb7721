package msl

import (
	"slices"
	"strings"
	"sync/atomic"
)

// A kernel may pass on a private variable that has no value yet: a lane past an edge computes with its registers as they
// are and stores nothing, and no GPU minds. To clang it is undefined behaviour by itself to call a function with such a
// value, and it goes on to conclude that the lane is inside the edge, which it then need not test. These flags take that
// rule away; the first that clang knows is used. In private memory the value is whatever it is.
var undefinedFlags = [][]string{
	{"-Xclang", "-no-enable-noundef-analysis"}, // clang 15 and later
	{"-Xclang", "-disable-noundef-analysis"},   // clang 14
	nil,
}

// undefinedWay is which of undefinedFlags a compiler's clang knows.
type undefinedWay struct{ number *atomic.Int32 }

// flags are those to try now.
func (u *undefinedWay) flags() []string { return undefinedFlags[u.number.Load()] }

// refused takes what clang wrote when it was given flags, and reports whether it is worth to try others.
func (u *undefinedWay) refused(flags []string, wrote string) bool {
	if len(flags) == 0 || !strings.Contains(wrote, "unknown argument: '"+flags[len(flags)-1]+"'") {
		return false
	}
	for i, known := range undefinedFlags {
		if slices.Equal(known, flags) {
			u.number.CompareAndSwap(int32(i), int32(i+1))
		}
	}
	return true
}
