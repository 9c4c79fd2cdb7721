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
	named      []int  // the same of all of its declarations
	defined    bool
	refused    error // why it cannot run here
	declaration
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
		k := &kernelFunction{name: d.scope.path + u.tokens[d.name].text, template: d.templateFrom >= 0, at: d.name, named: []int{d.name}, defined: d.hasBody(), declaration: *d}
		k.refused = u.readKernel(k, d)
		u.makeStatic(d, word)
		if earlier, ok := byName[k.name]; ok {
			k.named = append(k.named, earlier.named...)
			if k.defined && !earlier.defined {
				*earlier = *k
			} else if k.defined && earlier.defined && !k.template && !earlier.template {
				return u.fail(d.name, "kernel %s is defined a second time; the first is on line %d", k.name, u.tokens[earlier.at].line)
			}
			earlier.named = k.named
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
