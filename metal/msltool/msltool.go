// Package msltool is the command line of the Metal compiler for this machine: what stands behind `attest msl`. It only
// picks the verb; packages msl and host below metal/internal do the work. [Reflect] tells what a text offers, for whoever
// binds its kernels by a manifest. It is here, and not in the command, because
// those packages belong to metal alone.
package msltool

import (
	"fmt"
	"io"
	"strings"

	"attest.example/attest/metal/internal/host/cli"
	"attest.example/attest/metal/internal/msl"
)

var verbs = []struct {
	name string
	run  func(args []string, stdout, stderr io.Writer) int
}{
	{"build", msl.BuildMain},
	{"inspect", msl.InspectMain},
	{"run", cli.RunMain},
	{"check", cli.CheckMain},
}

// Main runs the verb that args begin with and returns the exit status: 0 done, 1 the kernel is wrong, 2 wrong usage or
// environment.
func Main(args []string, stdout, stderr io.Writer) int {
	var names []string
	for _, v := range verbs {
		if len(args) > 0 && args[0] == v.name {
			return v.run(args[1:], stdout, stderr)
		}
		names = append(names, v.name)
	}
	fmt.Fprintf(stderr, "attest: msl: want one of %s\n", strings.Join(names, ", "))
	return 2
}
