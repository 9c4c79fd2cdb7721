package cmdline

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// Arguments parses the command line of a program: the flags wherever they stand, and between least and most arguments.
// usage is what follows the program's name, as "FILE.metal [flags]". Where the program ends here, because help was asked
// for (status 0) or the command line is wrong (status 2), done is true and the help or the error was written.
func Arguments(f *flag.FlagSet, usage string, least, most int, words []string, stdout, stderr io.Writer) (arguments []string, status int, done bool) {
	arguments, err := Parse(f, words)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "usage: %s %s\n", f.Name(), usage)
		f.SetOutput(stdout)
		f.PrintDefaults()
		return nil, 0, true
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v; %[1]s --help tells the flags\n", f.Name(), err)
		return nil, 2, true
	case len(arguments) < least || len(arguments) > most:
		fmt.Fprintf(stderr, "%s: %d arguments given; %s expected\n", f.Name(), len(arguments), usage)
		return nil, 2, true
	}
	return arguments, 0, false
}
