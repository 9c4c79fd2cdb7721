package paths

import (
	"slices"
	"strings"
)

// AnyEngine is a Timing's Engine where the device has chosen and the call did not come back to tell.
const AnyEngine = "fibers,wide"

// LeavesEngine reports whether a path leaves it to the device on which engine a case runs, so that results tell.
func LeavesEngine(p Path) bool {
	chooser, ok := p.(interface{ LeavesEngine() bool })
	return ok && chooser.LeavesEngine()
}

// JoinEngines are the engines of two calls, as a Timing has them.
func JoinEngines(a, b string) string {
	list := slices.DeleteFunc(strings.Split(a+","+b, ","), func(name string) bool { return name == "" })
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ",")
}
