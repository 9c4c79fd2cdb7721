package campaign

import (
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/relation"
	"attest.example/attest/harness/internal/trial"
)

// Conditions are what a case file runs under: what a kept failure records, else the defaults here; where the caller
// overrides something, that.
type Conditions struct {
	Path      string // of a case that was not kept for a failure
	Relations int
	Deadline  time.Duration
	Isolation Isolation
	Override  Override
}

// Override is what the caller wants, whatever a kept failure records. The zero value overrides nothing.
type Override struct {
	Path     bool // Conditions.Path counts
	Deadline bool // Conditions.Deadline counts
	Isolate  bool // Conditions.Isolation.Isolate counts
	Memory   bool // Conditions.Isolation.Memory counts
	// Modes are options of path host, as math=fast: they replace those of the same name in the path.
	Modes []string
	// Laws are checked instead of the one that failed and of those that the case's name chooses. LawSeed, where not 0, is
	// where their random choices begin.
	Laws    []string
	LawSeed uint64
}

// setting is the conditions of one case.
type setting struct {
	path      string
	deadline  time.Duration
	isolation Isolation
}

// Elsewhere names the path that failed and the one that a case runs on, where they are not the same; else nothing.
func (c *Conditions) Elsewhere(item corpus.Item) (failed, runs string, err error) {
	s, was, err := c.of(item)
	if err != nil || !elsewhere(s, was) {
		return "", "", err
	}
	return was.path, s.path, nil
}

func elsewhere(s, was setting) bool { return was.path != "" && was.path != s.path }

// recorded is what a case failed under, by its file or by the run that it lies in; a zero path: neither does.
func recorded(item corpus.Item) (setting, error) {
	if e := item.Failure; e != nil && e.Path != "" {
		return setting{onFibers(e.Path, e.Toolchain), evidence.Deadline(e), Isolation{e.Isolated, e.Memory}}, nil
	}
	if item.Run == "" {
		return setting{}, nil
	}
	o, err := ReadOptions(item.Run)
	return setting{o.Path, o.Deadline, o.Isolation}, err
}

// onFibers is the path of a failure that was kept when a path on this machine's processors that named no engine had fibers: the
// toolchain of one whose device chooses says so.
func onFibers(path, toolchain string) string {
	_, options, _ := strings.Cut(path, "?")
	onHost := isHost(path) || strings.HasPrefix(path, "msl:") && !strings.Contains("&"+options, "&device=")
	if !onHost || toolchain == "" || strings.Contains(toolchain, ", engine ") {
		return path
	}
	return record.OnEngine(path, "fibers")
}

// of is what a case runs under, and what it failed under.
func (c *Conditions) of(item corpus.Item) (s, was setting, err error) {
	if was, err = recorded(item); err != nil {
		return s, was, err
	}
	s = setting{c.Path, c.Deadline, c.Isolation}
	if was.path != "" {
		if !c.Override.Path || record.ButForEngine(c.Path, was.path) {
			s.path = was.path
		}
		if !c.Override.Deadline {
			s.deadline = was.deadline
		}
		if !c.Override.Isolate {
			s.isolation.Isolate = was.isolation.Isolate
		}
		if !c.Override.Memory && was.isolation.Isolate {
			s.isolation.Memory = was.isolation.Memory
		}
	}
	return s, was, c.override(&s, item.Failure)
}

// override puts the modes into the path and refuses laws that there are not.
func (c *Conditions) override(s *setting, e *cases.Evidence) error {
	for _, mode := range c.Override.Modes {
		path, err := catalog.WithMode(s.path, mode)
		if err != nil {
			return err
		}
		s.path = path
	}
	for _, law := range c.Override.Laws {
		if _, err := relation.Named(law); err != nil {
			return err
		}
	}
	return engine.CheckLaw(e)
}

// CheckKept refuses a kept failure that nothing could be held to.
func CheckKept(e *cases.Evidence) error { return engine.CheckLaw(e) }

// rerunner runs case files under their conditions, one after the other. It keeps the path open while they do not change.
type rerunner struct {
	conditions Conditions
	tester     *engine.Tester
	open       setting
	was        setting // what the case at hand failed under
}

func (a *rerunner) close() error {
	if a.tester == nil {
		return nil
	}
	return a.tester.Close()
}

// at opens the path that a case wants.
func (a *rerunner) at(item corpus.Item) (setting, error) {
	s, was, err := a.conditions.of(item)
	a.was = was
	if err != nil || a.tester != nil && a.open == s {
		return s, err
	}
	if err := a.close(); err != nil {
		return s, err
	}
	a.open = s
	a.tester = &engine.Tester{NewPath: s.isolation.opener(s.path), Trial: trial.Options{
		Relations: a.conditions.Relations, Deadline: s.deadline,
		// Every file is repeated: one that was kept because its bits change must show that again.
		Repeats: trial.RepeatAll,
	}}
	if laws := a.conditions.Override.Laws; len(laws) > 0 {
		a.tester.Trial.Relations, a.tester.Trial.Laws, a.tester.Trial.LawSeed = 0, laws, a.conditions.Override.LawSeed
	}
	return s, nil
}

// kept is a case file as the engine takes it: where laws are overridden the failure's own is not asked.
func (a *rerunner) kept(item corpus.Item, s setting) engine.Kept {
	e := item.Failure
	if e != nil && len(a.conditions.Override.Laws) > 0 {
		e = nil
	}
	return engine.Kept{
		Case: item.Case, Failure: e, Elsewhere: elsewhere(s, a.was),
		Build: func() string { return buildOf(s.path) },
	}
}

func buildOf(path string) string { return evidence.Build(path, catalog.Files(path)...) }

// keptBy are the conditions of a failure that this engine ran, by the choice of the device; empty: nothing was to choose.
func keptBy(c evidence.Conditions, engine string) evidence.Conditions {
	if path := record.OnEngine(c.Path, engine); path != c.Path {
		c.Path, c.Build = path, buildOf(path)
	}
	return c
}

// keeping is what a failure under these conditions keeps beside its verdict.
func (s setting) keeping() evidence.Conditions {
	return evidence.Conditions{
		Path: s.path, Isolated: s.isolation.Isolate, Memory: s.isolation.Memory, Deadline: s.deadline,
		Build: buildOf(s.path), Commit: record.BuildCommit(),
	}
}
