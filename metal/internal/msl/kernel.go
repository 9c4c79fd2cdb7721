package msl

import (
	"strconv"
	"strings"
)

// kernelFunction is a kernel's definition or declaration in the text.
type kernelFunction struct {
	name       string // qualified by its namespaces
	hostName   string // of [[host_name("...")]], or the name itself
	template   bool
	parameters []parameter
	threads    string // the argument of [[max_total_threads_per_threadgroup(...)]], "" where absent
	at         int    // token of the name
	defined    bool
	refused    error // why it cannot run here
	declaration
}

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

// attribute is one attribute of a list: buffer(3) has the name buffer and the arguments' text "3".
type attribute struct {
	name      string
	arguments string
	at        int
}

// attributesIn returns the attributes of [[...]] lists in tokens [from, to), brackets of other kinds excluded.
func (u *unit) attributesIn(from, to int) []attribute {
	var found []attribute
	for i := from; i < to; i++ {
		if !u.isAttribute(i) {
			if u.tokens[i].pair > i {
				i = u.tokens[i].pair
			}
			continue
		}
		end := u.tokens[i].pair
		for _, part := range u.split(i+2, end-1) {
			if !u.isIdentifier(part[0]) {
				continue
			}
			a := attribute{name: u.tokens[part[0]].text, at: part[0]}
			for next := part[0] + 1; next < part[1]; next++ {
				if u.is(next, "(") {
					a.arguments = u.source(next+1, u.tokens[next].pair)
					break
				} else if u.is(next, "::") && u.isIdentifier(next+1) {
					a.name = a.name + "::" + u.tokens[next+1].text
				}
			}
			found = append(found, a)
		}
		i = end
	}
	return found
}

// unquote joins the string literals of an attribute's arguments: "a" "b" is ab.
func unquote(arguments string) (string, bool) {
	var joined strings.Builder
	for rest := strings.TrimSpace(arguments); rest != ""; rest = strings.TrimSpace(rest) {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] != '"' {
			return "", false
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return "", false
		}
		joined.WriteString(value)
		rest = rest[len(quoted):]
	}
	return joined.String(), joined.Len() > 0
}

// kernelWord returns the token that makes a function a kernel, `kernel` as a specifier or in an attribute list, or -1.
func (u *unit) kernelWord(d *declaration) int {
	for i := d.from; i < d.open || d.open < 0 && i < d.to; i++ {
		if u.is(i, "kernel") {
			return i
		}
		if u.tokens[i].text == "{" {
			break
		}
	}
	return -1
}

// findKernels collects the kernels, and turns each into a static function.
func (u *unit) findKernels() error {
	byName := map[string]*kernelFunction{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || d.scope.inStruct != "" || d.name < 0 {
			continue
		}
		word := u.kernelWord(d)
		if word < 0 {
			for i := d.from; i < d.open; i++ {
				if u.isOneOf(i, "vertex", "fragment") && !u.is(i+1, "(") && d.hasBody() {
					u.leaveOut(skippedFor(u.tokens[d.name].text, u.fail(i, "%s functions are not compute: only kernels run here", u.tokens[i].text)))
				}
			}
			continue
		}
		k := &kernelFunction{name: d.scope.path + u.tokens[d.name].text, template: d.templateFrom >= 0, at: d.name, defined: d.hasBody(), declaration: *d}
		k.refused = u.readKernel(k, d)
		u.makeStatic(d, word)
		if earlier, ok := byName[k.name]; ok {
			if k.defined && !earlier.defined {
				*earlier = *k
			} else if k.defined && earlier.defined && !k.template && !earlier.template {
				return u.fail(d.name, "kernel %s is defined a second time; the first is on line %d", k.name, u.tokens[earlier.at].line)
			}
			continue
		}
		byName[k.name] = k
		u.kernels = append(u.kernels, k)
	}
	return nil
}

func (u *unit) readKernel(k *kernelFunction, d *declaration) error {
	k.hostName = u.tokens[d.name].text
	for _, a := range append(u.attributesIn(d.from, d.open), u.attributesIn(d.close+1, max(d.body, d.close+1))...) {
		switch a.name {
		case "host_name":
			name, ok := unquote(a.arguments)
			if !ok {
				return u.fail(a.at, "host_name wants a string")
			}
			k.hostName = name
		case "max_total_threads_per_threadgroup":
			if n, ok := evaluate(a.arguments, u.constantNames()); ok && (n < 1 || n > 1<<20) || a.arguments == "" {
				return u.fail(a.at, "max_total_threads_per_threadgroup(%s): a positive number expected", a.arguments)
			}
			k.threads = a.arguments
		}
	}
	parameters, err := u.parametersOf(d)
	k.parameters = parameters
	return err
}

// makeStatic gives a kernel internal linkage, so that what is not asked for costs nothing.
func (u *unit) makeStatic(d *declaration, word int) {
	if u.isAttributeWord(word) {
		first := d.from
		if d.templateTo > 0 {
			first = d.templateTo
		}
		u.tokens[first].before = "static " + u.tokens[first].before
		return
	}
	u.tokens[word].text = "static"
	for i := d.from; i < d.open; i++ {
		if i != word && u.is(i, "static") {
			u.tokens[i].text = ""
		}
	}
}

// isAttributeWord reports whether token i stands in an attribute list.
func (u *unit) isAttributeWord(i int) bool {
	for j := i - 1; j >= 0 && !u.isOneOf(j, ";", "{", "}", ")"); j-- {
		if u.isAttribute(j) {
			return u.tokens[j].pair > i
		}
	}
	return false
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

// kernelNamed finds the kernel that the identifier at i, with the qualifiers in front of it, names in a scope.
func (u *unit) kernelNamed(i int, path string, kernels map[string]*kernelFunction) *kernelFunction {
	first := i
	for u.is(first-1, "::") && u.isIdentifier(first-2) {
		first -= 2
	}
	name := u.source(first, i+1)
	for {
		if k, ok := kernels[path+name]; ok {
			return k
		}
		if path == "" {
			return nil
		}
		outer := strings.LastIndex(strings.TrimSuffix(path, "::"), "::")
		if outer < 0 {
			path = ""
		} else {
			path = path[:outer+2]
		}
	}
}
