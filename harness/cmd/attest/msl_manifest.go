package main

import (
	"context"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/paths/mslpath"
	"attest.example/attest/metal/msltool"
)

// mslManifest is `attest msl manifest`: a manifest for a kernel, as far as its text tells.
func mslManifest(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "msl manifest", "FILE.metal --kernel K [flags]",
		"Prints a manifest for a kernel: bindings, function constants and types are those of the text, and what it does not tell is ??? and told when it is loaded.")
	kernel := flags.String("kernel", "", "the kernel's name or host_name")
	text := msltool.Text{Defines: map[string]string{}}
	flags.several("I", "`directory` searched by #include (repeatable)", func(s string) error {
		text.Includes = append(text.Includes, s)
		return nil
	})
	flags.several("D", "`macro`=value (repeatable)", func(s string) error {
		name, value, given := strings.Cut(s, "=")
		if !given {
			value = "1"
		}
		text.Defines[name] = value
		return nil
	})
	flags.IntVar(&text.Language, "language", 0, "MSL `version`, 310 is 3.1")
	rest, status := flags.parse(args, 1, 1)
	if status >= 0 {
		return status
	}
	if *kernel == "" {
		return t.complain("msl manifest: --kernel is missing: the kernel's name or host_name")
	}
	text.File = rest[0]
	made, err := mslpath.Skeleton(ctx, text, *kernel)
	if err != nil {
		return t.complain("msl manifest: %v", err)
	}
	fmt.Fprint(t.out, made)
	return conforms
}
