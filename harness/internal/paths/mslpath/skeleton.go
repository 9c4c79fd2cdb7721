package mslpath

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"attest.example/attest/metal/msltool"
	"attest.example/attest/metal/plainfile"
)

// blank stands where a skeleton wants an expression. A manifest that still has one is not loaded.
const blank = "???"

// Skeleton writes a manifest for a kernel of a text from what the text tells: bindings, function constants, types. What
// it does not tell is blank, and the loader names the place. text.Source is read from text.File where it is empty.
func Skeleton(ctx context.Context, text msltool.Text, kernel string) (string, error) {
	if text.Source == "" {
		source, err := plainfile.Read(text.File, plainfile.MaxText)
		if err != nil {
			return "", err
		}
		text.Source = string(source)
	}
	r, err := msltool.Reflect(ctx, text)
	if err != nil {
		return "", err
	}
	for _, k := range r.Kernels {
		if k.Name == kernel {
			return skeleton(text, k, r.Constants), nil
		}
	}
	for _, k := range r.Refused {
		if k.Name == kernel {
			return "", fmt.Errorf("%s: kernel %s cannot run here: %s", text.File, kernel, k.Reason)
		}
	}
	return "", fmt.Errorf("%s: no kernel is called %s; %s", text.File, kernel, kernelNames(r))
}

func skeleton(text msltool.Text, k msltool.Kernel, constants []msltool.Constant) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s, line %d of %s. Fill in what is %s: expressions over the case.", k.Name, k.Line, filepath.Base(text.File), blank)
	line("name = %q\nlayout = \"contiguous\" # or \"strided\", where the bindings pass strides on\n", k.Name)
	line("[text]\nsources = [%q] # beside this file", filepath.Base(text.File))
	if len(text.Includes) > 0 {
		line("include = %s", tomlList(text.Includes))
	}
	if len(text.Defines) > 0 {
		var all []string
		for name, value := range text.Defines {
			all = append(all, fmt.Sprintf("%s = %q", name, value))
		}
		line("define = { %s }", strings.Join(all, ", "))
	}
	if text.Language != 0 {
		line("language = \"%d.%d\"", text.Language/100, text.Language/10%10)
	}
	line("\n[[supports]]\nwhen = %q # all that the kernel cannot do: 'mask.kind == \"none\" && head_dim == 64'\nwhy = %q\n", blank, blank)
	line("[[pass]]\nkernel = %q # for a name of each type and size: \"sdpa_{type}_{head_dim}\"", k.Name)
	line("grid = [%q] # threadgroups; or threads = [...]", blank)
	most := "as many as the device has"
	if k.MaxThreads > 0 {
		most = fmt.Sprint(k.MaxThreads)
	}
	line("threadgroup = [%q] # threads, at most %s", blank, most)
	if len(constants) > 0 {
		line("constant = [ # those of the text; leave out what this kernel does not read")
		for _, c := range constants {
			line("  { name = %q, type = %q, value = %q }, # function_constant(%d)%s", c.Name, c.Type, blank, c.Index, map[bool]string{true: ", optional"}[c.Optional])
		}
		line("]")
	}
	line("bind = [")
	for _, a := range k.Arguments {
		when := ""
		if a.Condition != "" {
			when = fmt.Sprintf(", when = %q", blank)
		}
		what := fmt.Sprintf("%s %s", a.Type, a.Name)
		if a.Condition != "" {
			what += ", where " + a.Condition
		}
		line("  { index = %d, %s%s }, # %s", a.Index, source(a), when, what)
	}
	line("]")
	return b.String()
}

// source is what an argument's type tells of its binding.
func source(a msltool.Argument) string {
	base := baseType(a.Type)
	_, isScalar := scalarTypes[base]
	pointer := strings.Contains(a.Type, "*")
	switch {
	case a.Threadgroup:
		return fmt.Sprintf("threadgroup = %q", blank)
	case isScalar && (!pointer || strings.Contains(a.Type, "constant")):
		return fmt.Sprintf("type = %q, value = %q", base, blank)
	case strings.Contains(a.Type, "constant"):
		return fmt.Sprintf("struct = [ { name = %q, type = %q, value = %q } ]", blank, blank, blank)
	}
	for tensor, names := range map[string][]string{
		"q": {"q", "queries", "query"}, "k": {"k", "keys", "key"}, "v": {"v", "values", "value"},
		"out": {"out", "output", "o", "dst"}, "mask": {"mask", "fmask", "bmask"}, "lse": {"lse", "logsumexp"},
		"sinks": {"sinks"}, "slopes": {"slopes", "alibi_slopes"}, "table": {"table", "page_table", "block_table", "block_tables"},
	} {
		for _, name := range names {
			if strings.EqualFold(a.Name, name) {
				return fmt.Sprintf("tensor = %q", tensor)
			}
		}
	}
	return fmt.Sprintf("tensor = %q", blank)
}

func tomlList(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, fmt.Sprintf("%q", w))
	}
	return "[" + strings.Join(all, ", ") + "]"
}
