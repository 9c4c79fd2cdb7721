package msl

// requireConstants makes sure that every function constant an entry point may read has a value, as Metal does when
// it makes a pipeline. A constant that the text asks is_function_constant_defined of may be without one. What an entry
// point may read is told by names: a kernel reaches what its text names, and what the text of that names in turn.
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
	byName := map[string][]*declaration{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.name >= 0 && d.scope.inStruct == "" && d.kind != instantiation {
			byName[u.tokens[d.name].text] = append(byName[u.tokens[d.name].text], d)
		} else if d.kind == otherDeclaration {
			// a using or typedef is reached by any name in it: it is short
			for i := d.from; i < d.to; i++ {
				if u.isIdentifier(i) && len(u.tokens[i].text) > 0 {
					byName[u.tokens[i].text] = append(byName[u.tokens[i].text], d)
				}
			}
		}
	}
	for _, e := range u.entries {
		reached := map[string]bool{}
		queue := []string{u.tokens[e.kernel.at].text}
		queue = append(queue, identifiers(e.expression)...)
		for len(queue) > 0 {
			name := queue[0]
			queue = queue[1:]
			if reached[name] {
				continue
			}
			reached[name] = true
			if c := missing[name]; c != nil {
				return u.fail(c.at, "kernel %s reads function constant %s (index %d, %s), which was given no value", e.name, c.name, c.index, c.typeName)
			}
			for _, d := range byName[name] {
				for i := d.from; i < d.to; i++ {
					if u.isIdentifier(i) && !reached[u.tokens[i].text] {
						queue = append(queue, u.tokens[i].text)
					}
				}
			}
		}
	}
	return nil
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
