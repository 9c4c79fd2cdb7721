package compare

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"attest.example/attest/metal/cmdline"
)

// Exit statuses of Main.
const (
	same  = 0
	worse = 1
	usage = 2
)

// Main is the command attest compare: it takes the arguments after the command's name, prints the report on stdout
// and returns the exit status: 1 on a significant slowdown past the threshold or a new nonconformity, 2 on wrong usage
// or a run that cannot be read.
func Main(args []string, stdout, stderr io.Writer) int {
	flags := cmdline.New("compare")
	help := func() {
		flags.SetOutput(stdout)
		fmt.Fprintf(stdout, "usage: attest compare [--threshold 5%%] [--alpha 0.05] [--by %s] OLD NEW\n"+
			"what got slower or wrong between two run directories, or two files in the Go benchmark format\n\n"+
			"shape classes: %s\n\n", strings.Join(Dimensions(), ","), ShapeClasses)
		flags.PrintDefaults()
	}
	o := Options{Threshold: DefaultThreshold, MinShared: DefaultMinShared}
	flags.Func("threshold", "the `share` from which a significant slowdown counts, as 5% or 0.05 (default 5%)", func(text string) (err error) {
		o.Threshold, err = parseShare(text)
		return err
	})
	flags.Float64Var(&o.Alpha, "alpha", DefaultAlpha, "`probability` of a false alarm when nothing changed")
	flags.Func("min-shared", "the `share` of the smaller run's cases that both must have, as 50% or 0.5; 0: compare whatever there is (default 50%)", func(text string) (err error) {
		o.MinShared, err = parseShare(text)
		return err
	})
	by := flags.String("by", strings.Join(Dimensions(), ","), "what makes a group: some of these `words`")

	sources, err := cmdline.Parse(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		help()
		return same
	}
	if err != nil {
		fmt.Fprintf(stderr, "attest compare: %v; attest compare --help tells the flags\n", err)
		return usage
	}
	if len(sources) != 2 {
		fmt.Fprintf(stderr, "attest compare: %d arguments; want two, OLD and NEW, run directories or benchmark files\n", len(sources))
		return usage
	}
	o.By = strings.Split(*by, ",")
	if o.Alpha == 0 {
		fmt.Fprintf(stderr, "attest compare: alpha 0; want a probability between 0 and 1\n")
		return usage
	}
	report, err := Compare(sources[0], sources[1], o)
	if err == nil {
		err = report.WriteText(stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "attest compare: %v\n", err)
		return usage
	}
	if report.Worse() {
		return worse
	}
	return same
}

// parseShare reads 5% or 0.05.
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(x >= 0) || x > 1e6 {
		return 0, fmt.Errorf("want a share such as 5%% or 0.05")
	}
	if percent {
		x /= 100
	}
	return x, nil
}
