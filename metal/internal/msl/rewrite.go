package msl

import (
	"fmt"
	"sort"
	"strings"
)

// rewritten is a program as C++ for OpenCL, ready for clang.
type rewritten struct {
	swizzles string // the macros that our headers are to see
	text     string // what follows the headers
	entries  []entryPoint
}

// rewrite turns a preprocessed text into what clang compiles for a target.
func rewrite(preprocessed string, p *Program, t target) (*rewritten, error) {
	u, err := parse(preprocessed, p)
	if err != nil {
		return nil, err
	}
	if err := u.runPasses(passesFor(t)); err != nil {
		return nil, err
	}
	return &rewritten{
		swizzles: u.swizzles,
		text:     "# 1 " + quote(p.fileName()) + "\n" + u.String() + t.entryPoints(u),
		entries:  u.entries,
	}, nil
}

// chooseEntries keeps the entry point that the program asks for; "" stands for all.
func (u *unit) chooseEntries() error {
	function := u.program.Function
	if function == "" {
		if len(u.entries) == 0 {
			return fmt.Errorf("the text has no kernel: a function marked kernel, or an instantiation of one with [[host_name(\"...\")]]")
		}
		return nil
	}
	var names []string
	for _, e := range u.entries {
		if e.name == function {
			u.entries = []entryPoint{e}
			return nil
		}
		names = append(names, e.name)
	}
	for _, k := range u.kernels {
		if k.template && k.name == function {
			return fmt.Errorf("kernel %s is a template: it runs as an instantiation with [[host_name(\"...\")]]; there are: %s", function, list(names))
		}
	}
	return fmt.Errorf("the text has no kernel %q; there are: %s", function, list(names))
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	sort.Strings(names)
	if len(names) > 20 {
		names = append(names[:20:20], "...")
	}
	return strings.Join(names, ", ")
}

func (p *Program) fileName() string {
	if p.File == "" {
		return "kernel.metal"
	}
	return p.File
}
