// Command attest proves an attention kernel right, or shows the smallest case where it is wrong.
//
// This package only reads arguments and prints; the work is in the packages below harness.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/worker"
	"attest.example/attest/metal/scratch"
)

// Exit statuses.
const (
	conforms   = 0
	nonconform = 1
	misuse     = 2 // wrong usage, or an environment in which nothing could be judged
)

// terminal is where a command prints: results on out, progress and complaints on err.
type terminal struct{ out, err io.Writer }

// complain prints one line. The only context that commands cancel is that of signals, so an error of it is told as what it
// is, and not by the work that it met.
func (t terminal) complain(format string, args ...any) int {
	for i, a := range args {
		if err, ok := a.(error); ok && errors.Is(err, context.Canceled) {
			args[i] = "interrupted"
		}
	}
	fmt.Fprintf(t.err, "attest: %s\n", record.Printable(fmt.Sprintf(format, args...))) // a program's own words may be among them
	return misuse
}

type command struct {
	name, arguments, words string
	run                    func(context.Context, terminal, []string) int
}

func commands() []command {
	return []command{
		{"run", "[--path P] [--cases N | --time D] [--seed S] ...", "generate cases, run them through a path and judge every element", runCommand},
		{"merge", "[--out DIR] DIR ...", "one run directory of those of a run's shards", mergeCommand},
		{"campaign", "serve|submit|work|status|merge|cancel", "one run on many machines, by way of a queue", campaignCommand},
		{"replay", "[--path P] [FILE|DIR ...]", "run case files again, by default those of corpus/", replayCommand},
		{"reduce", "[--path P] FILE", "find the smallest case that still fails as this one does", reduceCommand},
		{"show", "[--path P] FILE", "the case in words, and where its output lies against the bounds", showCommand},
		{"known", "add FINDING --reason WHY --link URL ...", "write a finding of a run into the file of known failures", knownCommand},
		{"bench", "[--path P] [--quick] ...", "how fast a path is, and whether its figures can be true", benchCommand},
		{"compare", "OLD NEW", "two runs: what got wrong, what got slower, with statistics", compareCommand},
		{"report", "[--out FILE] DIR ...", "one self-contained page about a run, or about several side by side", reportCommand},
		{"mutate", "[--only REGEX] [--peers] ...", "plant bugs in copies of the kernel and tell which of them are found", mutateCommand},
		{"msl", "build|inspect|manifest|run|check FILE.metal ...", "the Metal compiler for this machine, one kernel by hand, and the checkers", mslCommand},
		{"import", "onnx DIR ...", "run ONNX's node tests of Attention on paths and against the reference", importCommand},
		{"init", "python|c|go|rust|msl [DIR]", "a working implementation to change into your own", initCommand},
		{"swift", "build|test DIR", "a Swift package for Metal, as it is, on Linux", swiftCommand},
		{"version", "", "which attest this is", versionCommand},
		{"paths", "[PATH ...]", "which paths work here, what they support, and what would make the others work", pathsCommand},
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] != worker.Verb {
		os.Unsetenv("ATTEST_WORKER") // libmfa in a worker starts attest msl, which is none
	}
	worker.Main(catalog.Open)
	ignoreFileSizeSignal()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a case's tensors and its reference live as long as the case, and little lives longer
		debug.SetMemoryLimit(4 << 30)
	}
	os.Exit(dispatch(untilSignal(), terminal{os.Stdout, os.Stderr}, os.Args[1:]))
}

func dispatch(ctx context.Context, t terminal, args []string) int {
	defer scratch.Sweep(os.TempDir()) // of what workers had there, which were killed or did not tidy up
	if len(args) == 0 {
		usage(t.err)
		return misuse
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		if len(args) > 1 && args[0] == "help" {
			return dispatch(ctx, t, append(args[1:], "--help"))
		}
		usage(t.out)
		return conforms
	case "-version", "--version":
		return versionCommand(ctx, t, args[1:])
	}
	if args[0] == worker.Verb {
		return workerCommand(t)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, t, args[1:])
		}
	}
	return t.complain("there is no command %q; attest help lists them", args[0])
}

func usage(w io.Writer) {
	fmt.Fprint(w, "attest proves an attention kernel right, or shows the smallest case where it is wrong.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  attest %s %s\n        %s\n", c.name, c.arguments, c.words)
	}
	fmt.Fprint(w, "\nattest COMMAND --help tells a command's flags.\n"+
		"Exit status: 0 conforms, 1 does not, 2 wrong usage or environment.\n")
}
