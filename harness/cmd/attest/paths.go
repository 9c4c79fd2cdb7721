package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/worker"
)

func pathsCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "paths", "[PATH ...]", "Tells which paths work on this machine, what they support, and what would make the others work.\n"+
		"With paths, such as lib:./libmine.so, it tells of those alone, and what it found out about them.")
	names, status := flags.parse(args, 0, -1)
	if status >= 0 {
		return status
	}
	if len(names) == 0 {
		listPaths(ctx, t.out)
		return conforms
	}
	for _, name := range names {
		if err := tellPath(ctx, t.out, name); err != nil {
			return t.complain("paths: %v", err)
		}
	}
	return conforms
}

func listPaths(ctx context.Context, out io.Writer) {
	for _, e := range catalog.List() {
		state := "works"
		err := e.Check(ctx)
		if err != nil {
			state = "no: " + oneLine(err)
		}
		if e.Name == catalog.Default {
			state += " (default)"
		}
		fmt.Fprintf(out, "%-14s %s\n%-14s %s\n", e.Name, e.Summary, "", state)
		switch name, complete := e.Complete(); {
		case err != nil && e.Remedy != "":
			fmt.Fprintf(out, "%-14s to make it work: %s\n", "", e.Remedy)
		case err != nil:
		case complete:
			if p, err := catalog.Open(ctx, name); err == nil {
				tellMatrix(out, p)
				if closer, ok := p.(io.Closer); ok {
					closer.Close()
				}
			}
		default:
			fmt.Fprintf(out, "%-14s what one of them supports: attest paths %s\n", "", e.Name)
		}
	}
}

// tellPath opens a path in a process of its own: it may be anything.
func tellPath(ctx context.Context, out io.Writer, name string) error {
	p, err := worker.Open(ctx, worker.Options{Name: name, Memory: worker.DefaultMemory})
	if err != nil {
		return err
	}
	defer p.Close()
	d := p.Describe()
	fmt.Fprintf(out, "%-14s %s\n%-14s %s\n", name, d.Device, "", d.Toolchain)
	for _, f := range p.Findings(ctx) {
		fmt.Fprintf(out, "%-14s found    %s: %s\n", "", f.What, f.Found)
	}
	tellMatrix(out, p)
	return nil
}

// tellMatrix tells what a path supports in one line, and what it does not in one line each.
func tellMatrix(out io.Writer, p paths.Path) {
	var does, doesNot []string
	for _, s := range paths.Matrix(p) {
		if s.Why == nil {
			does = append(does, s.What)
		} else {
			doesNot = append(doesNot, fmt.Sprintf("%s: %s", s.What, oneLine(s.Why)))
		}
	}
	words := strings.Join(does, ", ")
	if words == "" {
		words = "nothing"
	}
	fmt.Fprintf(out, "%-14s supports %s\n", "", words)
	for _, words := range doesNot {
		fmt.Fprintf(out, "%-14s not      %s\n", "", words)
	}
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }
