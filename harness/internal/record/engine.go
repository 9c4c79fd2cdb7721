package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OnEngine is a path that leaves the engine to the device, host or host?engine=auto, with the engine that ran a case: so a failure
// is run again by what failed. A path that names its engines, or one whose engine is not known, is left as it is. Where two
// engines ran parts of the case the path names both, and each then runs all of it.
func OnEngine(path, engine string) string {
	if engine == "" {
		return path
	}
	name, options, _ := strings.Cut(path, "?")
	var list []string
	for option := range strings.SplitSeq(options, "&") {
		switch {
		case option == "" || option == "engine=auto":
		case strings.HasPrefix(option, "engine="):
			return path
		default:
			list = append(list, option)
		}
	}
	return name + "?" + strings.Join(append(list, "engine="+engine), "&")
}

// ButForEngine reports whether a path is another one but for the engine, which it leaves to the device and the other one names: host
// and host?engine=wide.
func ButForEngine(path, other string) bool {
	_, options, _ := strings.Cut(other, "?")
	for option := range strings.SplitSeq(options, "&") {
		if engine, found := strings.CutPrefix(option, "engine="); found && engine != "auto" {
			return path != other && OnEngine(path, engine) == other
		}
	}
	return false
}

func (s *Summary) countEngine(engine string) {
	if engine == "" {
		return
	}
	if s.Engines == nil {
		s.Engines = map[string]int{}
	}
	s.Engines[engine]++
}

// writeEngines tells how many cases each engine ran, where the path chooses.
func (s *Summary) writeEngines(b *strings.Builder) {
	if len(s.Engines) == 0 {
		return
	}
	var list []string
	for _, engine := range slices.Sorted(maps.Keys(s.Engines)) {
		list = append(list, fmt.Sprintf("%s on %s", plural(s.Engines[engine], "case"), strings.ReplaceAll(engine, ",", " and ")))
	}
	fmt.Fprintf(b, "engines        %s\n", strings.Join(list, ", "))
}
