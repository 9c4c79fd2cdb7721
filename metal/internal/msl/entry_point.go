package msl

import (
	"strconv"
	"strings"
)

// entryPoint is one function of the module: what the host calls it, and the expression that names it in the text.
type entryPoint struct {
	name       string
	expression string
	arguments  string // of the template, in angle brackets
	signature  string // its type where the expression does not tell
	kernel     *kernelFunction
	line       int
	file       string
}

// findEntryPoints lists what the text offers to the host: explicit instantiations, which it takes out of the text,
// and the kernels that are no templates.
func (u *unit) findEntryPoints() error {
	byName := map[string]*kernelFunction{}
	for _, k := range u.kernels {
		byName[k.name] = k
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != instantiation {
			continue
		}
		entry, ok, err := u.instantiated(d, byName)
		if err != nil {
			return err
		}
		if ok {
			u.entries = append(u.entries, entry)
			u.erase(d.from, d.to)
		}
	}
	for _, k := range u.kernels {
		if !k.template && k.defined {
			t := &u.tokens[k.at]
			u.entries = append(u.entries, entryPoint{k.hostName, "::" + k.name, "", "", k, t.line, t.file})
		}
	}
	seen := map[string]int{}
	for _, e := range u.entries {
		if line, twice := seen[e.name]; twice {
			return &SyntaxError{e.file, e.line, 1, "two kernels have the name " + strconv.Quote(e.name) + "; the other is on line " + strconv.Itoa(line)}
		}
		seen[e.name] = e.line
	}
	return nil
}

// instantiated reads template [[host_name("x")]] [[kernel]] void f<float, 8>(...); and the decltype(f<float>) form.
func (u *unit) instantiated(d *declaration, kernels map[string]*kernelFunction) (entryPoint, bool, error) {
	name := ""
	for _, a := range u.attributesIn(d.from, d.to) {
		if a.name == "host_name" {
			var ok bool
			if name, ok = unquote(a.arguments); !ok {
				return entryPoint{}, false, u.fail(a.at, "host_name wants a string")
			}
		}
	}
	if name == "" && u.kernelWord(d) < 0 {
		return entryPoint{}, false, nil
	}
	for i := d.to - 1; i > d.from; i-- {
		if u.is(i, ")") || u.is(i, "]") {
			i = u.tokens[i].pair
			continue
		}
		if !u.isIdentifier(i) || !u.is(i+1, "<") {
			continue
		}
		k := u.kernelNamed(i, d.scope.path, kernels)
		end := u.closingAngle(i + 1)
		if k == nil || end < 0 {
			continue
		}
		if name == "" {
			return entryPoint{}, false, nil // reachable by no name
		}
		expression := "::" + k.name + u.source(i+1, end+1)
		return entryPoint{name, expression, u.source(i+1, end+1), "", k, u.tokens[d.from].line, u.tokens[d.from].file}, true, nil
	}
	if e, ok := u.deduced(d, name, kernels); ok {
		return e, name != "", nil
	}
	return entryPoint{}, false, u.fail(d.from, "%q instantiates no kernel of this text", name)
}

// deduced reads template [[host_name("x")]] kernel void f(device float *, ...); where the types of the parameters tell the
// template's arguments.
func (u *unit) deduced(d *declaration, name string, kernels map[string]*kernelFunction) (entryPoint, bool) {
	for i := d.from; i < d.to; i++ {
		if u.isAttribute(i) {
			i = u.tokens[i].pair
			continue
		}
		if !u.is(i, "(") || !u.isIdentifier(i-1) {
			continue
		}
		k := u.kernelNamed(i-1, d.scope.path, kernels)
		if k == nil || !k.template {
			return entryPoint{}, false
		}
		var parameters []string
		for _, part := range u.split(i+1, u.tokens[i].pair) {
			var words []string
			for j := part[0]; j < part[1]; j++ {
				if u.isAttribute(j) {
					j = u.tokens[j].pair
					continue
				}
				words = append(words, u.written(j))
			}
			parameters = append(parameters, strings.Join(words, " "))
		}
		list := "(" + strings.Join(parameters, ", ") + ")"
		expression := "static_cast<void (&)" + list + ">(::" + k.name + ")"
		return entryPoint{name, expression, "", "void" + list, k, u.tokens[d.from].line, u.tokens[d.from].file}, true
	}
	return entryPoint{}, false
}

// kernelNamed finds the kernel that the identifier at i, with the qualifiers in front of it, names in a scope. Names that
// lead there by a namespace's other name, by a using directive or past an inline namespace are known by their last part,
// where only one kernel has it.
func (u *unit) kernelNamed(i int, path string, kernels map[string]*kernelFunction) *kernelFunction {
	name, last := u.tokens[i].text, u.tokens[i].text
	first := i
	for u.is(first-1, "::") {
		if !u.isIdentifier(first-2) || u.is(first-2, "void") { // void ::space::f: from the root
			path = ""
			break
		}
		first -= 2
		name = u.tokens[first].text + "::" + name
	}
	for {
		if k, ok := kernels[path+name]; ok {
			return k
		}
		if path == "" {
			break
		}
		outer := strings.LastIndex(strings.TrimSuffix(path, "::"), "::")
		if outer < 0 {
			path = ""
		} else {
			path = path[:outer+2]
		}
	}
	var only *kernelFunction
	for full, k := range kernels {
		if name != last && strings.HasSuffix(full, "::"+last) {
			if only != nil {
				return nil
			}
			only = k
		}
	}
	return only
}

// setKernelsApart gives a kernel a name that no other function has, where the text has a function of its name: then the name
// alone does not tell which of them is meant. Nothing in a text calls a kernel.
func (u *unit) setKernelsApart() {
	functions := map[string]bool{}
	kernels := map[int]bool{}
	for _, k := range u.kernels {
		for _, at := range k.named {
			kernels[at] = true
		}
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind == functionDeclaration && d.scope.inStruct == "" && d.name >= 0 && !kernels[d.name] {
			functions[d.scope.path+u.tokens[d.name].text] = true
		}
	}
	for _, k := range u.kernels {
		if !functions[k.name] {
			continue
		}
		path := k.name[:strings.LastIndex(k.name, ":")+1]
		apart := "msl_kernel_" + u.tokens[k.at].text
		for _, at := range k.named {
			u.tokens[at].text = apart
		}
		for n := range u.entries {
			if e := &u.entries[n]; e.kernel == k {
				e.expression = strings.Replace(e.expression, "::"+k.name, "::"+path+apart, 1)
			}
		}
	}
}
