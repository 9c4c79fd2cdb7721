package mslpath

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"attest.example/attest/metal/msltool"
)

// holdAgainstText holds bindings and constants against what the text offers: a slot that the kernel has not, one that
// nothing fills, a scalar of another type. Constants that are given by name get their index.
func (m *manifest) holdAgainstText(l *loader) {
	r, err := msltool.Reflect(context.Background(), msltool.Text{
		Source: m.source, File: m.name, Includes: m.include, Defines: m.document.Text.Define, Language: m.language,
	})
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("%s: text: %w", m.file, err))
		return
	}
	m.kernels, m.positions = r.Kernels, l.positions
	for i := range m.passes {
		p := &m.passes[i]
		kernels := kernelsOf(p, r)
		if len(kernels) == 0 {
			l.wrong(p.path+".kernel", "no kernel of the text is called %s; %s", p.kernel, kernelNames(r))
			continue
		}
		for j := range p.constants {
			holdConstant(l, &p.constants[j], r)
		}
		for _, b := range p.bindings {
			holdBinding(l, &b, kernels)
		}
		everySlotIsFilled(l, p, kernels)
	}
}

// kernelsOf are the kernels whose names a pass can ask for.
func kernelsOf(p *compiledPass, r *msltool.Reflection) (found []msltool.Kernel) {
	pattern := regexp.MustCompile(p.kernel.Pattern())
	for _, k := range r.Kernels {
		if pattern.MatchString(k.Name) {
			found = append(found, k)
		}
	}
	return found
}

const mostNames = 6

func kernelNames(r *msltool.Reflection) string {
	var names []string
	for _, k := range r.Kernels {
		if len(names) == mostNames {
			names = append(names, fmt.Sprintf("and %d more", len(r.Kernels)-mostNames))
			break
		}
		names = append(names, k.Name)
	}
	for i, k := range r.Refused {
		if i == mostNames {
			break
		}
		names = append(names, fmt.Sprintf("%s (which cannot run here: %s)", k.Name, k.Reason))
	}
	if len(names) == 0 {
		return "it has no kernels"
	}
	return "it has " + strings.Join(names, ", ")
}

func holdConstant(l *loader, c *compiledConstant, r *msltool.Reflection) {
	var names []string
	for _, k := range r.Constants {
		if c.name == "" && k.Index == int(c.index) || c.name != "" && k.Name == c.name {
			c.index = uint32(k.Index)
			if plainName(k.Type) != plainName(c.kind.name) {
				l.wrong(c.path+".type", "%q: in the text %s is %s", c.kind.name, k.Name, k.Type)
			}
			return
		}
		if len(names) < 4*mostNames {
			names = append(names, fmt.Sprintf("%s (%d)", k.Name, k.Index))
		}
	}
	field, asked := ".index", fmt.Sprint(c.index)
	if c.name != "" {
		field, asked = ".name", c.name
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	l.wrong(c.path+field, "the text has no function constant %s; it has %s", asked, strings.Join(names, ", "))
}

func (b *compiledBinding) slot() string {
	if b.threadgroup != nil {
		return fmt.Sprintf("threadgroup(%d)", b.index)
	}
	return fmt.Sprintf("buffer(%d)", b.index)
}

func slotOf(a msltool.Argument) string {
	if a.Threadgroup {
		return fmt.Sprintf("threadgroup(%d)", a.Index)
	}
	return fmt.Sprintf("buffer(%d)", a.Index)
}

// holdBinding holds a binding against the kernels that a pass's template can name; it is wrong where it is for all of
// them. Which of them it is, a case tells: then the pass is held against that one.
func holdBinding(l *loader, b *compiledBinding, kernels []msltool.Kernel) {
	known, right, first := false, false, ""
	for _, k := range kernels {
		for _, a := range k.Arguments {
			if slotOf(a) != b.slot() {
				continue
			}
			known = true
			what := contradiction(b, a)
			right = right || what == ""
			if what != "" && first == "" {
				first = fmt.Sprintf("%s of %s, line %d, is %s: %s", b.slot(), k.Name, k.Line, a.Type+" "+a.Name, what)
			}
		}
	}
	switch {
	case !known:
		l.wrong(b.path+".index", "%s is no argument of %s; it has %s", b.slot(), kernels[0].Name, argumentNames(kernels[0]))
	case !right:
		l.wrong(b.path, "%s", first)
	}
}

func argumentNames(k msltool.Kernel) string {
	var names []string
	for _, a := range k.Arguments {
		names = append(names, fmt.Sprintf("%s %s", slotOf(a), a.Name))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// contradiction is why a binding cannot be what an argument wants, as far as its type's words tell.
func contradiction(b *compiledBinding, a msltool.Argument) string {
	reference := strings.Contains(a.Type, "&") && !strings.Contains(a.Type, "*")
	base := baseType(a.Type)
	wanted, isScalar := scalarTypes[base]
	switch {
	case !reference || !isScalar:
		return ""
	case b.tensor != "":
		return fmt.Sprintf("want type = %q with value, not tensor %s", base, b.tensor)
	case len(b.scalars) == 1 && !b.isStruct && plainName(b.scalars[0].kind.name) != plainName(wanted.name):
		return fmt.Sprintf("want type = %q, not %q", base, b.scalars[0].kind.name)
	case b.isStruct:
		return fmt.Sprintf("want type = %q with value, not a struct", base)
	}
	return ""
}

// baseType is the type that a pointer or a reference has as its target.
func baseType(text string) string {
	var words []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '&' || r == '*' }) {
		switch word {
		case "const", "constant", "device", "threadgroup", "volatile", "restrict", "__restrict__", "coherent":
			continue
		}
		words = append(words, strings.TrimPrefix(word, "metal::"))
	}
	return strings.Join(words, " ")
}

// everySlotIsFilled tells an argument that every kernel of the pass has, whatever its constants, and that no binding fills.
func everySlotIsFilled(l *loader, p *compiledPass, kernels []msltool.Kernel) {
	filled := map[string]bool{}
	for _, b := range p.bindings {
		filled[b.slot()] = true
	}
	lacking := map[string]int{}
	for _, k := range kernels {
		for _, a := range k.Arguments {
			if a.Condition == "" && !filled[slotOf(a)] {
				lacking[slotOf(a)]++
			}
		}
	}
	k := kernels[0]
	for _, a := range k.Arguments {
		want := a.Type + "; null = true binds a null pointer"
		if a.Threadgroup {
			want = "want threadgroup = BYTES"
		}
		if lacking[slotOf(a)] == len(kernels) {
			l.wrong(p.path+".bind", "nothing is bound to %s %s of %s, line %d: %s", slotOf(a), a.Name, k.Name, k.Line, want)
		}
	}
}

// holdAgainstKernel holds a pass against the very kernel that a case asks for.
func (m *manifest) holdAgainstKernel(p *compiledPass, name string) error {
	l := &loader{file: m.file, positions: m.positions}
	for _, k := range m.kernels {
		if k.Name != name {
			continue
		}
		for _, b := range p.bindings {
			holdBinding(l, &b, []msltool.Kernel{k})
		}
		everySlotIsFilled(l, p, []msltool.Kernel{k})
	}
	return errors.Join(l.errs...)
}
