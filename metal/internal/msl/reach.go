package msl

import (
	"slices"
	"strings"
)

// What a kernel may use is told by names: it reaches what its text names, and what the text of that names in turn. So
// more may be reached than is used, never less. A kernel is held to the function constants that it reaches, and what no
// wanted kernel reaches is taken out before clang sees it.

// reach knows which declarations at namespace level have a name.
type reach struct {
	u      *unit
	byName map[string][]int // name to indices of declarations
	always []int            // declarations without a name that is called, and operators
}

func (u *unit) newReach() *reach {
	r := &reach{u: u, byName: map[string][]int{}}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.scope.inStruct != "" || u.isErased(d.from, d.to) {
			continue
		}
		names := u.declaredNames(d)
		if names == nil {
			r.always = append(r.always, n)
		}
		for _, name := range names {
			r.byName[name] = append(r.byName[name], n)
		}
	}
	return r
}

// isErased reports whether nothing is left of tokens [from, to).
func (u *unit) isErased(from, to int) bool {
	for i := from; i < to; i++ {
		if u.tokens[i].text != "" {
			return false
		}
	}
	return true
}

// declaresTemplate reports whether the text has the struct that others of its name specialize.
func (u *unit) declaresTemplate(name string) bool {
	if u.primaries == nil {
		u.primaries = map[string]bool{}
		for i := range u.tokens {
			if u.isOneOf(i, "struct", "class", "union") && u.isIdentifier(i+1) && !u.is(i+2, "<") {
				u.primaries[u.tokens[i+1].text] = true
			}
		}
	}
	return u.primaries[name]
}

// structs are the names of the structs that the text declares.
func (u *unit) structs() map[string]bool {
	if u.structNames == nil {
		u.structNames = map[string]bool{}
		for n := range u.declarations {
			d := &u.declarations[n]
			if d.kind == structDeclaration && d.name >= 0 {
				u.structNames[u.tokens[d.name].text] = true
			} else if d.kind == otherDeclaration && u.isOneOf(d.from, "typedef", "using", "enum") {
				for _, name := range u.declaredNames(d) {
					u.structNames[name] = true
				}
			}
		}
	}
	return u.structNames
}

// from returns the declarations that the named things reach. visit is called with each name that is reached, once.
func (r *reach) from(names []string, visit func(name string)) map[int]bool {
	reached := map[int]bool{}
	seen := map[string]bool{}
	var queue []string
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			queue = append(queue, name)
		}
	}
	take := func(n int) {
		if reached[n] {
			return
		}
		reached[n] = true
		d := &r.u.declarations[n]
		hidden := r.u.parameterNames(d)
		for i := d.from; i < d.to; i++ {
			if at, is := hidden[r.u.tokens[i].text]; is && (i == at || i > d.close && !r.u.is(i-1, "::")) {
				continue
			}
			if r.u.isIdentifier(i) {
				add(r.u.tokens[i].text)
			}
		}
	}
	for _, name := range names {
		add(name)
	}
	for _, n := range r.always {
		take(n)
	}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if visit != nil {
			visit(name)
		}
		for _, n := range r.byName[name] {
			take(n)
		}
	}
	return reached
}

// entryNames are where reaching begins for an entry point.
func (u *unit) entryNames(e *entryPoint) []string {
	return append(identifiers(e.expression), u.tokens[e.kernel.at].text)
}

// requireConstants makes sure that every function constant an entry point may read has a value, as Metal does when
// it makes a pipeline. A constant that the text asks is_function_constant_defined of may be without one. A build of the
// whole text leaves out the kernels that lack one.
func (u *unit) requireConstants() error {
	missing := map[string]*functionConstant{}
	for _, c := range u.constants {
		if c.value == nil && !c.optional {
			missing[c.name] = c
		}
	}
	if len(missing) == 0 {
		return nil
	}
	r := u.newReach()
	known := map[string]*functionConstant{} // by the names where reaching begins: instantiations of one template share them
	var kept []entryPoint
	for n := range u.entries {
		e := &u.entries[n]
		names := u.entryNames(e)
		slices.Sort(names)
		names = slices.Compact(names)
		key := strings.Join(names, " ")
		lacks, done := known[key]
		if !done {
			r.from(names, func(name string) {
				if lacks == nil {
					lacks = missing[name]
				}
			})
			known[key] = lacks
		}
		if lacks == nil {
			kept = append(kept, *e)
			continue
		}
		why := "was given no value"
		if _, scalar := scalarSpellings[lacks.typeName]; !scalar {
			why = "can be given no value: only scalars can"
		}
		err := u.fail(lacks.at, "kernel %s reads function constant %s (index %d, %s), which %s", e.name, lacks.name, lacks.index, lacks.typeName, why)
		if u.program.Function != "" {
			return err
		}
		s := skippedFor(e.name, err)
		s.lacks = true
		u.leaveOut(s)
	}
	u.entries = kept
	return u.someLeft()
}

// dropUnreached takes out of the text what no entry point reaches.
func (u *unit) dropUnreached() {
	var names []string
	for n := range u.entries {
		names = append(names, u.entryNames(&u.entries[n])...)
	}
	reached := u.newReach().from(names, nil)
	var kept []declaration
	dropped := -1 // the end of the declaration dropped last: its members go with it
	for n := range u.declarations {
		d := u.declarations[n]
		switch {
		case d.from < dropped:
		case d.scope.inStruct == "" && !reached[n] && !u.isErased(d.from, d.to):
			u.erase(d.from, d.to)
			dropped = d.to
		default:
			kept = append(kept, d)
		}
	}
	u.declarations = kept
}

func identifiers(expression string) []string {
	var names []string
	tokens, err := tokenize(expression, "")
	if err != nil {
		return nil
	}
	for _, t := range tokens {
		if t.kind == identifier && t.text != "" {
			names = append(names, t.text)
		}
	}
	return names
}
