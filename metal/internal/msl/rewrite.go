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

// rewrite turns a preprocessed text into what clang compiles.
func rewrite(preprocessed string, p *Program) (*rewritten, error) {
	u, err := parse(preprocessed, p.fileName())
	if err != nil {
		return nil, err
	}
	constants, err := u.findConstants()
	if err != nil {
		return nil, err
	}
	if err := giveValues(constants, p.Constants); err != nil {
		return nil, err
	}
	kernels, err := u.findKernels()
	if err != nil {
		return nil, err
	}
	entries, err := u.findEntryPoints(kernels)
	if err != nil {
		return nil, err
	}
	if entries, err = wanted(entries, kernels, p.Function); err != nil {
		return nil, err
	}
	if err := u.requireConstants(constants, entries); err != nil {
		return nil, err
	}
	u.fixConstants(constants)
	u.dropAttributes()
	u.renameKeywords()
	u.spellLiterals()
	u.valueParameters()
	u.writeSwizzles()
	swizzles := u.swizzles()
	u.levelConditionals()
	u.callSwizzles()
	u.referenceCallbacks()
	u.inlineCollectives()
	u.qualifyMethods()
	u.copyFromConstant()
	if _, err := u.placeThreadgroupVariables(); err != nil {
		return nil, err
	}
	u.nameAddressSpaces()
	return &rewritten{
		swizzles: swizzles,
		text:     "# 1 " + quote(p.fileName()) + "\n" + u.String() + glue(entries, p.fileName(), p.Math, p.Check),
		entries:  entries,
	}, nil
}

// wanted picks the entry point of that name; "" stands for all.
func wanted(entries []entryPoint, kernels []*kernelFunction, function string) ([]entryPoint, error) {
	if function == "" {
		if len(entries) == 0 {
			return nil, fmt.Errorf("the text has no kernel: a function marked kernel, or an instantiation of one with [[host_name(\"...\")]]")
		}
		return entries, nil
	}
	var names []string
	for _, e := range entries {
		if e.name == function {
			return []entryPoint{e}, nil
		}
		names = append(names, e.name)
	}
	for _, k := range kernels {
		if k.template && k.name == function {
			return nil, fmt.Errorf("kernel %s is a template: it runs as an instantiation with [[host_name(\"...\")]]; there are: %s", function, list(names))
		}
	}
	return nil, fmt.Errorf("the text has no kernel %q; there are: %s", function, list(names))
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
