package msl

import (
	"context"
	"fmt"
	"io"
	"strings"

	"attest.example/attest/metal/cmdline"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/plainfile"
)

// InspectMain is the command `attest msl inspect`: it prints what a text offers, or what is wrong with it, without
// making code. The exit status is that of BuildMain. Each line is one item, its columns between tabs:
//
//	kernel    NAME LINE MAX_THREADS             0 threads: the device's maximum
//	argument  buffer|threadgroup INDEX NAME     of the kernel above
//	constant  NAME INDEX TYPE REQUIRED          1 or 0
//	refused   NAME LINE REASON                  a function that cannot run here, and why: the reason's first line
//
// That is how the stand-in for Metal (swift/) makes a library.
func InspectMain(arguments []string, stdout, stderr io.Writer) int {
	flags := cmdline.New("attest msl inspect")
	name := flags.String("name", "", "the `file` name that diagnostics use")
	mathMode := flags.String("math", "safe", "`mode`: safe, or fast as is Metal's default")
	var p Program
	AddSourceFlags(flags, &p)
	files, status, done := cmdline.Arguments(flags, "FILE.metal [flags]", 1, 1, arguments, stdout, stderr)
	if done {
		return status
	}
	p.File = files[0]
	if *name != "" {
		p.File = *name
	}
	r, err := inspectFile(files[0], p, *mathMode)
	if err != nil {
		return failVerb(stderr, err)
	}
	r.write(stdout)
	return 0
}

func inspectFile(path string, p Program, mathMode string) (*Reflection, error) {
	source, err := plainfile.Read(path, maxTextBytes)
	if err != nil {
		return nil, err
	}
	p.Source = string(source)
	if p.Math, err = device.ParseMath(mathMode); err != nil {
		return nil, err
	}
	c, err := New(Options{})
	if err != nil {
		return nil, err
	}
	return c.Inspect(context.Background(), p)
}

func (r *Reflection) write(w io.Writer) {
	for _, e := range r.Entries {
		fmt.Fprintf(w, "kernel\t%s\t%d\t%d\n", e.Name, e.Line, e.MaxThreads)
		for _, a := range e.Arguments {
			fmt.Fprintf(w, "argument\t%s\t%d\t%s\n", a.Kind, a.Index, a.Name)
		}
	}
	for _, c := range r.Constants {
		required := 1
		if c.Optional {
			required = 0
		}
		fmt.Fprintf(w, "constant\t%s\t%d\t%s\t%d\n", c.Name, c.Index, c.Type, required)
	}
	for _, f := range r.Refused {
		reason, _, _ := strings.Cut(f.Reason, "\n")
		fmt.Fprintf(w, "refused\t%s\t%d\t%s\n", f.Name, f.Line, strings.ReplaceAll(reason, "\t", " "))
	}
}
