package msl

import (
	"fmt"
	"strings"
)

// The most threads that a kernel's threadgroup may have is an expression, and one of its template's arguments where it
// is a template. Clang computes it: beside the kernel stands a struct that has its value, a template like the kernel.

// limitThreads writes these structs.
func (u *unit) limitThreads() {
	for _, k := range u.kernels {
		if k.threads == "" || u.isErased(k.from, k.to) {
			continue
		}
		header := ""
		if k.template {
			header = u.rewritten(k.templateFrom, k.templateTo) + " "
		}
		u.tokens[k.from].before = fmt.Sprintf("%sstruct %s { enum { value = (%s) }; }; ", header, k.limitName(), k.threads) + u.tokens[k.from].before
	}
}

// limitName is the name of a kernel's struct, without its namespaces.
func (k *kernelFunction) limitName() string {
	return "msl_threads_of_" + k.name[strings.LastIndex(k.name, ":")+1:]
}

// maxThreadsExpression is how the limit of an entry point is written, where it has one.
func (e *entryPoint) maxThreadsExpression() string {
	if e.kernel.threads == "" || e.kernel.template && e.arguments == "" {
		return "0"
	}
	path := e.kernel.name[:strings.LastIndex(e.kernel.name, ":")+1]
	return "(unsigned)::" + path + e.kernel.limitName() + e.arguments + "::value"
}

// maxThreads is the limit of an entry point as far as it can be told without clang, 0 where there is none.
func (u *unit) maxThreads(e *entryPoint) int {
	named := map[string]string{}
	for name, value := range u.constantNames() {
		named[name] = value
	}
	if e.kernel.template {
		names := u.split(e.kernel.templateFrom+2, e.kernel.templateTo-1)
		arguments := splitArguments(e.arguments)
		for n, part := range names {
			end := part[1]
			for i := part[0]; i < part[1]; i++ {
				if u.is(i, "=") {
					end = i
					break
				}
			}
			at := u.declaratorName(part[0], end)
			switch {
			case at < 0:
			case n < len(arguments):
				named[u.tokens[at].text] = arguments[n]
			case end < part[1]:
				named[u.tokens[at].text] = u.source(end+1, part[1])
			}
		}
	}
	n, ok := evaluate(e.kernel.threads, named)
	if !ok || n < 1 || n > 1<<20 {
		return 0
	}
	return int(n)
}

// splitArguments cuts <a, b<c, d>, (e)> at its commas.
func splitArguments(list string) []string {
	u, err := parse(list, &Program{})
	if err != nil || len(u.tokens) < 3 {
		return nil
	}
	var parts []string
	for _, part := range u.split(1, len(u.tokens)-2) {
		parts = append(parts, u.source(part[0], part[1]))
	}
	return parts
}
