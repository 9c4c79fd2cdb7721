package mslpath

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/metal/msltool"
	"attest.example/attest/metal/plainfile"
)

// manifest is a document whose expressions have been compiled.
type manifest struct {
	file      string
	document  document
	positions positions
	kernels   []msltool.Kernel // of the text
	root      string           // of the texts
	source    string           // the texts, joined
	name      string           // of the text, for diagnostics
	include   []string
	language  int              // 310 is 3.1; 0: the default
	scope     *predicate.Scope // of what a case alone tells
	launch    *predicate.Scope // and what a pass's kernel tells
	supports  []condition
	scratch   []compiledScratch
	passes    []compiledPass

	reads, conditions predicate.Reads // of the case, by all expressions, and by what is supported
}

// scalar is a value of one of the language's types.
type scalar struct {
	kind  scalarType
	value predicate.Expression
	count int // of an array; 0: none
	name  string
}

// The layouts that a manifest may take.
const (
	contiguousLayout = "contiguous"
	stridedLayout    = "strided"
)

func (m *manifest) compile(l *loader) {
	m.texts(l)
	d := &m.document
	if d.Text.Math != "" && d.Text.Math != "safe" && d.Text.Math != "fast" {
		l.wrong("text.math", "%q: want safe or fast", d.Text.Math)
	}
	if d.Layout != "" && d.Layout != contiguousLayout && d.Layout != stridedLayout {
		l.wrong("layout", "%q: want %s or %s", d.Layout, contiguousLayout, stridedLayout)
	}
	if d.LSE.Base != "" && d.LSE.Base != "e" && d.LSE.Base != "2" {
		l.wrong("lse.base", "%q: want \"e\" or \"2\"", d.LSE.Base)
	}
	if err := d.Arithmetic.Validate(); err != nil {
		l.wrong("arithmetic", "%v", err)
	}
	m.scope = predicate.NewScope(operandVariables()...)
	for i, x := range d.Let {
		if err := m.scope.Let(x.Name, string(x.Value)); err != nil {
			l.wrong(fmt.Sprintf("let[%d].value", i), "%v", err)
		}
	}
	m.launch = m.scope.Extend(predicate.Variable{Name: "max_threads", Zero: 0})
	for i, x := range d.Supports {
		when := m.expression(l, fmt.Sprintf("supports[%d].when", i), x.When, reflect.Bool)
		m.supports = append(m.supports, condition{when, x.Why})
	}
	named := map[string]bool{}
	for i, x := range d.Scratch {
		path := fmt.Sprintf("scratch[%d]", i)
		s := compiledScratch{name: x.Name, zero: x.Fill == "zero"}
		if x.Name == "" || named[x.Name] {
			l.wrong(path+".name", "%q: want a name of its own", x.Name)
		}
		named[x.Name] = true
		if x.Fill != "" && x.Fill != "nan" && x.Fill != "zero" {
			l.wrong(path+".fill", "%q: want nan or zero", x.Fill)
		}
		if x.Type != "" || x.Value != "" {
			content := m.scalar(l, path, x.Type, x.Value, anyCount)
			s.content = &content
			if x.Bytes != "" || x.Fill != "" {
				l.wrong(path, "want bytes (and fill), or type and value")
			}
		} else {
			s.bytes = m.expression(l, path+".bytes", x.Bytes, reflect.Int)
		}
		m.scratch = append(m.scratch, s)
	}
	if len(d.Passes) == 0 {
		l.wrong("pass", "is missing; want [[pass]] with kernel, bind, grid or threads, and threadgroup")
	}
	for i := range d.Passes {
		m.passes = append(m.passes, m.pass(l, fmt.Sprintf("pass[%d]", i), &d.Passes[i], named))
	}
	m.read()
}

var languageVersion = regexp.MustCompile(`^([1-9])\.([0-9])$`)

// texts finds the sources. Several are included one after the other into one text.
func (m *manifest) texts(l *loader) {
	d := &m.document.Text
	if len(d.Sources) == 0 {
		l.wrong("text.sources", "is missing; want the .metal files, beside the manifest")
	}
	var includes strings.Builder
	folders := map[string]bool{}
	for i, name := range d.Sources {
		path := filepath.Join(m.root, filepath.FromSlash(name))
		text, err := plainfile.Read(path, plainfile.MaxText)
		if err != nil {
			l.wrong(fmt.Sprintf("text.sources[%d]", i), "%v", err)
		}
		if i == 0 {
			m.source, m.name = string(text), path
		}
		fmt.Fprintf(&includes, "#include \"%s\"\n", filepath.Base(name))
		if folder := filepath.Dir(path); !folders[folder] {
			folders[folder] = true
			m.include = append(m.include, folder)
		}
	}
	if len(d.Sources) > 1 {
		m.source, m.name = includes.String(), m.file
	}
	for i, name := range d.Include {
		path := filepath.Join(m.root, filepath.FromSlash(name))
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			l.wrong(fmt.Sprintf("text.include[%d]", i), "%s is no folder", path)
		}
		m.include = append(m.include, path)
	}
	for name := range d.Define {
		if !isMacro(name) {
			l.wrong("text.define."+name, "%q: want a macro's name", name)
		}
	}
	if d.Language != "" {
		v := languageVersion.FindStringSubmatch(d.Language)
		if v == nil {
			l.wrong("text.language", "%q: want a version such as \"3.1\"", d.Language)
			return
		}
		m.language = 100*int(v[1][0]-'0') + 10*int(v[2][0]-'0')
	}
}

func isMacro(name string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`).MatchString(name)
}

func (m *manifest) expression(l *loader, path string, source text, want reflect.Kind) predicate.Expression {
	return expressionIn(m.scope, l, path, source, want)
}

func expressionIn(scope *predicate.Scope, l *loader, path string, source text, want reflect.Kind) predicate.Expression {
	if source == "" {
		l.wrong(path, "is missing; want an expression over the case")
		return predicate.Expression{}
	}
	if source == blank {
		l.wrong(path, "is still blank; want an expression over the case")
		return predicate.Expression{}
	}
	e, err := scope.Compile(string(source), want)
	if err != nil {
		l.wrong(path, "%v", err)
	}
	return e
}

func (m *manifest) optional(l *loader, path string, source text, want reflect.Kind) *predicate.Expression {
	if source == "" {
		return nil
	}
	e := m.expression(l, path, source, want)
	return &e
}

// three compiles the numbers of a launch, which the kernel's most threads may enter.
func (m *manifest) three(l *loader, path string, list []text) (out [3]*predicate.Expression) {
	if len(list) < 1 || len(list) > 3 {
		l.wrong(path, "has %d numbers; want 1 to 3", len(list))
		return out
	}
	for i, source := range list {
		e := expressionIn(m.launch, l, fmt.Sprintf("%s[%d]", path, i), source, reflect.Int)
		out[i] = &e
	}
	return out
}

func (m *manifest) pass(l *loader, path string, p *pass, scratches map[string]bool) compiledPass {
	c := compiledPass{path: path}
	var err error
	if p.Kernel == "" {
		l.wrong(path+".kernel", "is missing; want the kernel's name, such as \"sdpa_{type}_{head_dim}\"")
	} else if c.kernel, err = m.scope.Template(p.Kernel); err != nil {
		l.wrong(path+".kernel", "%v", err)
	}
	c.when = m.optional(l, path+".when", p.When, reflect.Bool)
	for i, x := range p.Constants {
		at := fmt.Sprintf("%s.constant[%d]", path, i)
		k := compiledConstant{path: at, name: x.Name, scalar: m.scalar(l, at, x.Type, x.Value, 0)}
		if k.kind.isVector() {
			l.wrong(at+".type", "%q: a function constant is a scalar here", x.Type)
		}
		switch {
		case x.Index == nil && x.Name == "" || x.Index != nil && x.Name != "":
			l.wrong(at, "want index or name, and one of them")
		case x.Index != nil && (*x.Index < 0 || *x.Index > 65535):
			l.wrong(at+".index", "%d: want 0 to 65535", *x.Index)
		case x.Index != nil:
			k.index = uint32(*x.Index)
		}
		c.constants = append(c.constants, k)
	}
	taken := map[string]string{}
	for i := range p.Bindings {
		at := fmt.Sprintf("%s.bind[%d]", path, i)
		c.bindings = append(c.bindings, m.binding(l, at, &p.Bindings[i], scratches, taken))
	}
	switch {
	case len(p.Grid) > 0 && len(p.Threads) > 0 || len(p.Grid) == 0 && len(p.Threads) == 0:
		l.wrong(path, "want grid (in threadgroups) or threads, and one of them")
	case len(p.Grid) > 0:
		c.grid = m.three(l, path+".grid", p.Grid)
	default:
		c.grid, c.inThreads = m.three(l, path+".threads", p.Threads), true
	}
	c.threadgroup = m.three(l, path+".threadgroup", p.Threadgroup)
	return c
}

func (m *manifest) scalar(l *loader, path, kind string, value text, count int) scalar {
	s := scalar{count: count}
	var ok bool
	if s.kind, ok = scalarTypes[kind]; !ok {
		l.wrong(path+".type", "%q: want one of %s", kind, typeNames)
	}
	s.value = m.expression(l, path+".value", value, reflect.Invalid)
	return s
}
