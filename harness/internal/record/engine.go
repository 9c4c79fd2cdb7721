package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OnEngine is a path that leaves the engine to the device, host?engine=auto, with the engine that ran a case in the place of
// auto: so a failure is run again by what failed. Another path, or one whose engine is not known, is left as it is. Where
// two engines ran parts of the case the path names both, and each then runs all of it.
func OnEngine(path, engine string) string {
	name, options, found := strings.Cut(path, "?")
	if !found || engine == "" {
		return path
	}
	list := strings.Split(options, "&")
	for i, option := range list {
		if option == "engine=auto" {
			list[i] = "engine=" + engine
		}
	}
	return name + "?" + strings.Join(list, "&")
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
