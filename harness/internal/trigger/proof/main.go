// Command proof holds the triggers that attest finds against planted bugs: single mutants of all families, and libraries
// with several at once. make triggers runs it, and its table is a file.
//
// The true trigger of a mutant is what its library does: fresh cases are really run. Recall is the share of the failing
// ones that the found trigger matches; precision is the share of the matched ones that fail, those aside whose values may
// hide an error. Many mutants also say their own condition. It is held against the same verdicts, and where it is right
// the found trigger is held against it too, on many more cases that need not be run for it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/cmdline"
)

type options struct {
	program           string
	cases             int // of the run from which the trigger is found
	fresh             int // that are run and held against it
	formulas          int // fresh cases on which it is held against the mutant's own condition
	pretends, verbose bool
	dir               string
	builder           *mutate.Builder
}

func main() {
	o := options{}
	flag := cmdline.New("proof")
	flag.StringVar(&o.program, "program", "bin/attest", "the attest that runs the cases")
	flag.IntVar(&o.cases, "cases", 160, "cases of each run")
	flag.IntVar(&o.fresh, "fresh", 200, "fresh cases that each trigger is held against")
	flag.IntVar(&o.formulas, "formulas", 2000, "fresh cases on which a trigger is held against the mutant's own condition; none of them is run")
	flag.BoolVar(&o.pretends, "pretend", false, "run nothing: a case fails where the mutant's own condition holds")
	flag.BoolVar(&o.verbose, "v", false, "with --pretend: how each trigger came about")
	perFamily := flag.Int("family", 3, "mutants of each family")
	only := flag.String("only", "", "mutants whose names match this expression, instead")
	together := flag.String("together", "", "mutants, with commas, that are planted at once; one run that peels must name them")
	out := flag.String("out", "build/triggers.md", "the table; lines are added to one that is there")
	keep := flag.String("keep", "", "a folder that keeps what was built and run, with a log of how each trigger came about")
	limit := flag.Duration("time", time.Hour, "no mutant is begun after it")
	if _, status, done := cmdline.Arguments(flag, "[flags]", 0, 0, os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, &o, *perFamily, *only, *together, *out, *keep, time.Now().Add(*limit))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options, perFamily int, only, together, out, keep string, until time.Time) (err error) {
	tree, err := mutate.FindTree(".")
	if err != nil {
		return err
	}
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if err := o.makeDir(keep); err != nil {
		return err
	}
	if keep == "" {
		defer os.RemoveAll(o.dir)
	}
	o.builder = &mutate.Builder{Tree: tree, Dir: o.dir, Program: o.program}
	all, err := mutate.All()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	table, err := os.OpenFile(out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer table.Close()
	w := io.MultiWriter(table, os.Stdout)
	if together != "" && o.pretends {
		chosen, err := named(all, strings.Split(together, ","))
		if err != nil {
			return err
		}
		return o.pretendTogether(ctx, w, chosen, o.log())
	}
	if together != "" {
		return o.severalAtOnce(ctx, w, all, strings.Split(together, ","))
	}
	chosen, err := choose(all, perFamily, only, o.pretends)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n| mutant | its own condition, or words | found trigger | precision | recall | its own: precision | recall | findings | probes | s |\n|---|---|---|---|---|---|---|---|---|---|\n")
	agreed, held, missed := 0, 0, 0
	for _, m := range chosen {
		if ctx.Err() != nil || time.Now().After(until) {
			break
		}
		line, agrees, found, err := o.one(ctx, &m)
		if err != nil {
			fmt.Fprintf(w, "| %s | %s | not judged: %v | | | | | | | |\n", m.Name, own(&m), firstLine(err))
			continue
		}
		fmt.Fprintln(w, line)
		if !found {
			missed++
			continue
		}
		held++
		if agrees {
			agreed++
		}
	}
	fmt.Fprintf(w, "\n%d of %d found mutants have a trigger that agrees at 90 %% (precision and recall on %d fresh cases); %d more did not fail in %d cases; %d chosen\n",
		agreed, held, o.fresh, missed, o.cases, len(chosen))
	return ctx.Err()
}

func (o *options) makeDir(keep string) (err error) {
	if keep == "" {
		o.dir, err = os.MkdirTemp("", "attest-triggers-*")
		return err
	}
	if o.dir, err = filepath.Abs(keep); err != nil {
		return err
	}
	return os.MkdirAll(o.dir, 0o755)
}

// choose takes the first mutants of each family that a library or a path shows in ordinary cases.
func choose(all []mutate.Mutant, perFamily int, only string, conditions bool) ([]mutate.Mutant, error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	taken := map[string]int{}
	var list []mutate.Mutant
	for _, m := range all {
		switch {
		case conditions && m.When == "":
			continue
		case only != "" && !wanted.MatchString(m.Name), m.Equivalent != "", m.Preset == gen.Long, m.Preset == gen.Sizes, m.Check,
			only == "" && (taken[m.Family] >= perFamily || m.Target() == mutate.GoPath):
			continue
		}
		taken[m.Family]++
		list = append(list, m)
	}
	return list, nil
}

func (o *options) log() func(string, ...any) {
	if !o.verbose {
		return nil
	}
	return func(format string, arguments ...any) { fmt.Fprintf(os.Stderr, format+"\n", arguments...) }
}

func (o *options) one(ctx context.Context, m *mutate.Mutant) (line string, agrees, failed bool, err error) {
	if o.pretends {
		return o.pretend(ctx, m, o.log())
	}
	return o.single(ctx, m)
}

// named are mutants by their names.
func named(all []mutate.Mutant, names []string) (list []mutate.Mutant, err error) {
	for _, name := range names {
		at := slices.IndexFunc(all, func(m mutate.Mutant) bool { return m.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("no mutant has the name %s", name)
		}
		list = append(list, all[at])
	}
	return list, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// found is what one run came to.
type found struct {
	Findings []record.Finding
	Cases    int
	Failed   int
	Outside  int
	Ended    string
	seconds  float64
}

// attest runs the command and reads its last line.
func (o *options) attest(ctx context.Context, b mutate.Build, arguments ...string) (found, error) {
	begin := time.Now()
	command := exec.CommandContext(ctx, b.Program, append([]string{"run", "--json", "--path", b.Path}, arguments...)...)
	command.Dir = o.dir
	command.Env = append(os.Environ(), "ATTEST_MSL="+o.program) // a library compiles its kernel by it
	var complaint strings.Builder
	command.Stderr = &complaint
	text, err := command.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		return found{}, fmt.Errorf("%s: %w: %s", b.Path, err, lastLine(complaint.String()))
	}
	var f found
	if err := json.Unmarshal([]byte(lastLine(string(text))), &f, json.MatchCaseInsensitiveNames(true)); err != nil {
		return f, fmt.Errorf("%s: %w", b.Path, err)
	}
	f.seconds = time.Since(begin).Seconds()
	return f, nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func (o *options) single(ctx context.Context, m *mutate.Mutant) (line string, agrees, failed bool, err error) {
	b, err := o.builder.Mutant(ctx, m)
	if err != nil {
		return "", false, false, err
	}
	preset := m.Preset
	if preset == "" {
		preset = gen.Default
	}
	dir := filepath.Join(o.dir, m.Name+"-run")
	f, err := o.attest(ctx, b, "--preset", string(preset), "--cases", fmt.Sprint(o.cases), "--reduce-calls", "80", "--reduce", "4", "--out", dir)
	if err != nil {
		return "", false, false, err
	}
	if len(f.Findings) == 0 {
		return fmt.Sprintf("| %s | %s | no failure in %d cases | | | | | 0 | | %.0f |", m.Name, own(m), o.cases, f.seconds), false, false, nil
	}
	var sources []string
	probes := 0
	for _, x := range f.Findings {
		probes += x.Probes
		if x.Trigger != "" {
			sources = append(sources, x.Trigger)
		}
	}
	found, truth, err := o.against(ctx, b, m, preset, sources)
	if err != nil {
		return "", false, true, err
	}
	if len(sources) == 1 && sources[0] == "true" {
		fmt.Fprintf(os.Stderr, "%s strikes everywhere: %s\n", m.Name, f.Findings[0].Reason)
	}
	agrees = found.agrees()
	formulas := " | "
	switch {
	case m.When == "" || m.Plain: // the interface without descriptors refuses many of the cases that a formula is asked about
	case !truth.agrees(): // what it says of itself is not what it does
		formulas = fmt.Sprintf("not right itself: %.2f | %.2f", truth.precision(), truth.recall())
	default:
		when, err := predicate.Compile(m.When)
		if err != nil {
			return "", false, true, err
		}
		a, err := o.agreement(ctx, sources, func(c *cases.Case) bool { ok, _ := when.Match(*c); return ok })
		if err != nil {
			return "", false, true, err
		}
		agrees = agrees && a.agrees()
		formulas = fmt.Sprintf("%.2f | %.2f", a.precision(), a.recall())
	}
	return fmt.Sprintf("| %s | %s | `%s` | %.2f | %.2f | %s | %d | %d | %.0f |", m.Name, own(m), strings.Join(sources, "` or `"), found.precision(), found.recall(),
		formulas, len(f.Findings), probes, f.seconds), agrees, true, nil
}

// own is a mutant's condition, or its words.
func own(m *mutate.Mutant) string {
	if m.When != "" {
		return "`" + m.When + "`"
	}
	return m.Trigger
}

// against runs fresh cases and holds the triggers together against the verdicts, and the mutant's own condition. Laws
// run other cases beside, which may have the bug where the case itself has not, so that they are left out; but for a bug
// that only they show.
func (o *options) against(ctx context.Context, b mutate.Build, m *mutate.Mutant, preset gen.Preset, sources []string) (found, own agreement, err error) {
	dir := filepath.Join(o.dir, m.Name+"-fresh")
	fresh := []string{"--preset", string(preset), "--cases", fmt.Sprint(o.fresh), "--seed", "31337", "--triggers=false", "--reduce", "0"}
	f, err := o.attest(ctx, b, append(fresh, "--relations", "0", "--out", dir)...)
	if err == nil && f.Failed == 0 {
		dir += "-laws"
		_, err = o.attest(ctx, b, append(fresh, "--out", dir)...)
	}
	if err != nil {
		return found, own, err
	}
	triggers, err := compiled(sources)
	if err != nil {
		return found, own, err
	}
	var condition []predicate.Predicate
	if m.When != "" {
		if condition, err = compiled([]string{m.When}); err != nil {
			return found, own, err
		}
	}
	for r, err := range record.Read(dir) {
		if err != nil {
			return found, own, err
		}
		if r.Kind != verdict.Pass && !r.Kind.Fails() {
			continue
		}
		for when, a := range map[*[]predicate.Predicate]*agreement{&triggers: &found, &condition: &own} {
			match, err := anyOf(*when, r.Case)
			if err != nil {
				return found, own, err
			}
			if r.Kind.Fails() || match && !trigger.MayHide(&r.Case) {
				a.add(match, r.Kind.Fails())
			}
		}
	}
	return found, own, nil
}

func compiled(sources []string) (list []predicate.Predicate, err error) {
	for _, source := range sources {
		p, err := predicate.Compile(source)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func anyOf(when []predicate.Predicate, c cases.Case) (bool, error) {
	for _, one := range append([]cases.Case{c}, c.After...) {
		for _, p := range when {
			if ok, err := p.Match(one); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// severalAtOnce plants several mutants in one library. A run that peels must name each of them.
func (o *options) severalAtOnce(ctx context.Context, w io.Writer, all []mutate.Mutant, names []string) error {
	chosen, err := named(all, names)
	if err != nil {
		return err
	}
	joint := mutate.Mutant{Name: "several"}
	for _, m := range chosen {
		joint.Patches = append(joint.Patches, m.Patches...)
	}
	b, err := o.builder.Mutant(ctx, &joint)
	if err != nil {
		return err
	}
	f, err := o.attest(ctx, b, "--peel", "--cases", fmt.Sprint(o.cases), "--reduce-calls", "80", "--reduce", "16", "--out", filepath.Join(o.dir, "several-run"))
	if err != nil {
		return err
	}
	var sources []string
	for _, x := range f.Findings {
		if x.Trigger != "" {
			sources = append(sources, x.Trigger)
		}
	}
	told, err := name(ctx, sources, chosen, o.formulas)
	if err != nil {
		return err
	}
	count := 0
	for _, n := range told {
		if n.found >= 0 {
			count++
		}
	}
	fmt.Fprintf(w, "\n%d bugs at once, %.0f s: %d are named by %d findings; %d further cases outside conform (of %d run) %s\n\nplanted:\n", len(names), f.seconds, count, len(f.Findings), f.Outside, f.Cases, f.Ended)
	for i, m := range chosen {
		n := told[i]
		by := "not named"
		if n.found >= 0 {
			by = fmt.Sprintf("named by `%s`", sources[n.found])
		}
		fmt.Fprintf(w, "- %s, `%s`: %s (precision %.2f, recall %.2f on %d fresh cases)\n", m.Name, m.When, by, n.precision, n.recall, o.formulas)
	}
	fmt.Fprintf(w, "\nfound:\n")
	for _, x := range f.Findings {
		fmt.Fprintf(w, "- `%s` (%d cases; %s) %s\n", x.Trigger, x.Cases, x.Confidence(), x.Note)
	}
	return nil
}
