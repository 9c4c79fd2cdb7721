package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"attest.example/attest/harness/internal/swiftpkg"
)

var familyName = regexp.MustCompile(`^apple([1-9]|10)$`)

func swiftCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "swift", "build|test DIR [flags] [-- ARGUMENTS OF swift]",
		"Builds somebody else's Swift package for Metal on Linux, or runs its tests, over the stand-in for Metal of swift/.\n"+
			"The package is left as it is: what is built goes to .build/attest in its folder. build puts the Swift runtime into\n"+
			"what it makes, which so runs on systems without Swift: try a library with attest run --path lib:FILE.")
	o := swiftpkg.Options{Out: t.out, Err: t.err}
	family := flags.String("family", "", "the GPU family of the device, apple1 to apple10; apple7 if not said (test)")
	name := flags.String("name", "", "the device's name, such as \"Apple M3\" (test)")
	strict := flags.Bool("strict", false, "a slot that a kernel names and that is not bound is refused, used or not (test)")
	flags.BoolVar(&o.Debug, "debug", false, "the debug configuration")
	flags.BoolVar(&o.Dynamic, "dynamic", false, "do not put the Swift runtime into what is built (build)")
	if at := slices.Index(args, "--"); at >= 0 {
		args, o.Extra = args[:at], args[at+1:]
	}
	rest, status := flags.parse(args, 0, 2)
	if status >= 0 {
		return status
	}
	if len(rest) < 2 {
		return t.complain("swift: build or test, and a package's folder, are wanted; attest swift --help tells more")
	}
	verb := rest[0]
	o.Dir = rest[1]
	switch {
	case verb != "build" && verb != "test":
		return t.complain("swift: there is no %q; build and test are there", verb)
	case *family != "" && !familyName.MatchString(*family):
		return t.complain("swift: --family %s; want apple1 to apple10", *family)
	case verb == "build" && (*family != "" || *name != "" || *strict):
		return t.complain("swift: --family, --name and --strict are of test; for what is built the environment says it: ATTEST_METAL_FAMILY, ATTEST_METAL_NAME, ATTEST_METAL_STRICT")
	case verb == "test" && o.Dynamic:
		return t.complain("swift: --dynamic is of build; tests always are")
	}
	for variable, value := range map[string]string{"ATTEST_METAL_FAMILY": *family, "ATTEST_METAL_NAME": *name} {
		if value != "" {
			o.Device = append(o.Device, variable+"="+value)
		}
	}
	if *strict {
		o.Device = append(o.Device, "ATTEST_METAL_STRICT=1")
	}
	return swiftRun(ctx, t, verb, o)
}

func swiftRun(ctx context.Context, t terminal, verb string, o swiftpkg.Options) int {
	var err error
	if o.Dir, err = swiftpkg.FindPackage(o.Dir); err != nil {
		return t.complain("swift: %v", err)
	}
	if o.Sources, err = swiftpkg.FindSources(); err != nil {
		return t.complain("swift: %v", err)
	}
	if o.Program, err = os.Executable(); err != nil {
		return t.complain("swift: %v", err)
	}
	if real, err := filepath.EvalSymlinks(o.Program); err == nil {
		o.Program = real
	}
	var products []string
	if verb == "build" {
		products, err = swiftpkg.Build(ctx, o)
	} else {
		err = swiftpkg.Test(ctx, o)
	}
	var failed *swiftpkg.Failed
	switch {
	case errors.As(err, &failed):
		t.complain("swift: %v", err)
		return nonconform
	case err != nil:
		return t.complain("swift: %v", err)
	}
	for _, path := range products {
		fmt.Fprintln(t.out, path)
	}
	return conforms
}
