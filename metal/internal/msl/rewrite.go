package msl

import (
	"sort"
	"strings"
)

// rewritten is a program as C++ for OpenCL, ready for clang.
type rewritten struct {
	swizzles string // the macros that our headers are to see
	text     string // what follows the headers
	unit     *unit
	engines  []EngineOf // filled in where the target is of an engine that not every kernel can have
	passing  bool       // why they have not the one that was asked for may be gone another time
}

// rewrite turns a preprocessed text into what clang compiles for a target. skip are kernels to leave out of a build of
// the whole text, and why.
func rewrite(preprocessed string, p *Program, t target, skip []Skipped) (*rewritten, error) {
	return rewriteBy(passesFor(t), preprocessed, p, t, skip)
}

func rewriteBy(passes []pass, preprocessed string, p *Program, t target, skip []Skipped) (*rewritten, error) {
	known, err := headerCollectives()
	if err != nil {
		return nil, err
	}
	return rewriteKnowing(known, passes, preprocessed, p, t, skip)
}

// rewriteKnowing rewrites by the passes for headers that have these collectives.
func rewriteKnowing(known *collectives, passes []pass, preprocessed string, p *Program, t target, skip []Skipped) (*rewritten, error) {
	u, err := parse(preprocessed, p)
	if err != nil {
		return nil, err
	}
	u.traits, u.collectives = t.traits(), known
	for _, s := range skip {
		u.leaveOut(s)
	}
	if err := u.runPasses(passes); err != nil {
		return nil, u.placed(err)
	}
	return &rewritten{
		swizzles: u.swizzles,
		text:     "# 1 " + quote(p.fileName()) + "\n" + u.String() + t.entryPoints(u),
		unit:     u,
	}, nil
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
