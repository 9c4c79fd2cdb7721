package msl

import "context"

// ArgumentKind is how a kernel's argument is bound.
type ArgumentKind string

const (
	BufferArgument      ArgumentKind = "buffer"
	ThreadgroupArgument ArgumentKind = "threadgroup"
)

// Argument is a slot that the host binds.
type Argument struct {
	Kind      ArgumentKind
	Name      string
	Index     int
	Type      string // as the text writes it, a template's parameters by their names: "const device T*"
	Condition string // of function_constant(condition): the argument is absent where that is false
}

// FunctionConstant is a constant that specializes a program.
type FunctionConstant struct {
	Name     string
	Index    int
	Type     string
	Optional bool // the text asks whether it is defined
}

// Reflection is what a text offers, as far as it can be told without compiling.
type Reflection struct {
	Entries   []Entry
	Constants []FunctionConstant
	Refused   []Skipped // functions that cannot run here
}

// Reflect lists the entry points and function constants of a program.
func (c *Compiler) Reflect(ctx context.Context, p Program) (*Reflection, error) {
	headers, err := c.cache.headers(ctx)
	if err != nil {
		return nil, err
	}
	preprocessed, _, err := c.preprocess(ctx, &p, headers)
	if err != nil {
		return nil, err
	}
	r, err := reflect(preprocessed, &p)
	if err != nil {
		return nil, asCompileError(&p, err)
	}
	return r, nil
}

func reflect(preprocessed string, p *Program) (*Reflection, error) {
	u, err := parse(preprocessed, p)
	if err != nil {
		return nil, err
	}
	if err := u.runPasses(offers); err != nil {
		return nil, u.placed(err)
	}
	r := &Reflection{Entries: u.describe(), Refused: u.refusals()}
	for _, c := range u.constants {
		r.Constants = append(r.Constants, FunctionConstant{c.name, c.index, c.typeName, c.optional})
	}
	return r, nil
}

// refusals are the functions of the text that cannot run here.
func (u *unit) refusals() []Skipped {
	for n := range u.entries {
		if e := &u.entries[n]; e.kernel.refused != nil {
			u.leaveOut(skippedFor(e.name, e.kernel.refused))
		}
	}
	return u.skipped
}

func (u *unit) describe() []Entry {
	all := make([]Entry, 0, len(u.entries))
	for n := range u.entries {
		e := &u.entries[n]
		if e.kernel.refused != nil {
			continue
		}
		entry := Entry{Name: e.name, Line: e.line, MaxThreads: u.maxThreads(e)}
		for _, p := range e.kernel.parameters {
			kind := BufferArgument
			switch p.kind {
			case positionParameter:
				continue
			case threadgroupParameter:
				kind = ThreadgroupArgument
			}
			entry.Arguments = append(entry.Arguments, Argument{kind, p.name, p.slot, p.typeText, p.condition})
		}
		all = append(all, entry)
	}
	return all
}
