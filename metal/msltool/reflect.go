package msltool

import (
	"context"

	"attest.example/attest/metal/internal/msl"
)

// Text is MSL and how it is read.
type Text struct {
	Source   string
	File     string   // the name that diagnostics use; quoted includes are looked for beside it
	Includes []string // folders
	Defines  map[string]string
	Language int // 310 is 3.1; 0: 310
}

// Reflection is what a text offers.
type Reflection struct {
	Kernels   []Kernel
	Constants []Constant
	Refused   []Refusal // kernels that cannot run here
}

// Refusal is a kernel and why it cannot run here.
type Refusal struct{ Name, Reason string }

// Kernel is a kernel by the name that the host asks for.
type Kernel struct {
	Name       string
	Line       int
	MaxThreads int // of a threadgroup; 0: as many as the device has
	Arguments  []Argument
}

// Argument is a slot that the host binds.
type Argument struct {
	Threadgroup bool // a length of threadgroup memory; otherwise a buffer
	Index       int
	Name        string
	Type        string // as the text writes it: "const device T*"
	Condition   string // of function_constant(condition): the argument is absent where that is false
}

// Constant is a function constant.
type Constant struct {
	Name     string
	Index    int
	Type     string
	Optional bool // the text asks whether it is defined
}

// Reflect lists a text's kernels and function constants. It reads the text but compiles nothing.
func Reflect(ctx context.Context, t Text) (*Reflection, error) {
	c, err := msl.New(msl.Options{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	found, err := c.Reflect(ctx, msl.Program{
		Source: t.Source, File: t.File, Includes: t.Includes, Defines: t.Defines, LanguageVersion: t.Language,
	})
	if err != nil {
		return nil, err
	}
	r := &Reflection{}
	for _, e := range found.Entries {
		k := Kernel{Name: e.Name, Line: e.Line, MaxThreads: e.MaxThreads}
		for _, a := range e.Arguments {
			k.Arguments = append(k.Arguments, Argument{a.Kind == msl.ThreadgroupArgument, a.Index, a.Name, a.Type, a.Condition})
		}
		r.Kernels = append(r.Kernels, k)
	}
	for _, c := range found.Constants {
		r.Constants = append(r.Constants, Constant{c.Name, c.Index, c.Type, c.Optional})
	}
	for _, s := range found.Refused {
		r.Refused = append(r.Refused, Refusal{s.Name, s.Reason})
	}
	return r, nil
}
