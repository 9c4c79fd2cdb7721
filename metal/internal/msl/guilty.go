package msl

// guilty picks the entry points that clang's errors are about: those that the errors' notes name, or else those that
// reach the declaration where an error is. Where byPlace, all that reach it, named or not: clang tells of a template
// that several kernels share only once.
func (u *unit) guilty(errs *CompileError, byPlace bool) []Skipped {
	reasons := map[int][]Diagnostic{}
	blame := func(n int, group []Diagnostic) {
		if n >= 0 && n < len(u.entries) && reasons[n] == nil {
			reasons[n] = group
		}
	}
	reaches := u.reachOfEntries()
	for _, group := range withNotes(errs.Diagnostics) {
		if group[0].Severity != "error" {
			continue
		}
		named := false
		for _, d := range group {
			if n, ok := entryOf(d.File); ok {
				blame(n, group)
				named = true
			}
		}
		if named && !byPlace {
			continue
		}
		for _, n := range u.declarationsAt(group[0].File, group[0].Line) {
			for e := range u.entries {
				if reaches(e, n) {
					blame(e, group)
				}
			}
		}
	}
	var all []Skipped
	for n := range u.entries {
		if group := reasons[n]; group != nil {
			e := &u.entries[n]
			err := u.place(&CompileError{Function: e.name, Diagnostics: group})
			all = append(all, Skipped{Name: e.name, Line: e.line, Reason: err.Error(), err: err})
		}
	}
	return all
}

// withNotes groups what clang prints: an error or a warning with the notes that follow it.
func withNotes(all []Diagnostic) [][]Diagnostic {
	var groups [][]Diagnostic
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].Severity == "note" {
			to++
		}
		groups = append(groups, all[from:to])
		from = to
	}
	return groups
}

// reachOfEntries returns whether entry point e reaches declaration n. It looks when it is first asked, as most texts have no
// error.
func (u *unit) reachOfEntries() func(e, n int) bool {
	var r *reach
	reached := map[int]map[int]bool{}
	return func(e, n int) bool {
		if r == nil {
			r = u.newReach()
		}
		if reached[e] == nil {
			reached[e] = r.from(u.entryNames(&u.entries[e]), nil)
		}
		return reached[e][n]
	}
}

// declarationsAt are the declarations at namespace level that have text on a line.
func (u *unit) declarationsAt(file string, line int) []int {
	var all []int
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.scope.inStruct != "" || d.to <= d.from || d.to > len(u.tokens) {
			continue
		}
		first, last := &u.tokens[d.from], &u.tokens[d.to-1]
		if first.file == file && first.line <= line && line <= last.line {
			all = append(all, n)
		}
	}
	return all
}
