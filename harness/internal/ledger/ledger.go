// Package ledger reads and writes known.toml, the list of bugs that a project knows of and lives with for now. A failure
// that an entry explains is no news: it is counted and shown, and does not make a run fail.
//
//	[[known]]
//	when = 'mask.kind == "additive" && scale != 1'
//	verdicts = ["numeric", "special"]
//	reason = "the bias is added before the scale"
//	link = "https://example.org/issues/12"
//	expires = 2027-03-31
//	says = 'out\[.*\] is '
//
// What a condition covers is more than the bug, as a rule: where the failure's own words tell it from others, `says` is a
// regular expression that they must match.
//
// It never runs a case.
package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/pelletier/go-toml/v2"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/atomicfile"
	"attest.example/attest/metal/plainfile"
)

// File is where a ledger lies unless somebody names another place.
const File = "known.toml"

// Entry is a known bug.
type Entry struct {
	When     predicate.Predicate `toml:"when"`     // a condition over the case
	Verdicts []verdict.Kind      `toml:"verdicts"` // that it wears; one at least
	Reason   string              `toml:"reason"`
	Link     string              `toml:"link"`
	// Says is what the reason of a failure must match (https://github.com/google/re2/wiki/Syntax); nil: any is the bug's.
	Says *regexp.Regexp `toml:"says,omitempty"`
	// Expires is the last day on which the entry counts; nil: it does not end.
	Expires *toml.LocalDate `toml:"expires,omitempty"`
}

// Ledger is the entries of a file, in its order.
type Ledger struct {
	Known []Entry `toml:"known"`
}

// maxFileBytes bounds a ledger; a real one has an entry of some hundred bytes for each bug that is lived with.
const maxFileBytes = 1 << 20

// Read reads a ledger. A file that is not there is fs.ErrNotExist.
func Read(file string) (Ledger, error) {
	text, err := plainfile.Read(file, maxFileBytes)
	if err != nil {
		return Ledger{}, fmt.Errorf("ledger: %w", err)
	}
	var l Ledger
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return Ledger{}, fmt.Errorf("%s: unknown field %s; an entry has when, verdicts, reason, link, says and expires", file, strings.Join(strict.Errors[0].Key(), "."))
		}
		return Ledger{}, fmt.Errorf("%s: %w", file, err)
	}
	for i := range l.Known {
		if err := l.Known[i].check(); err != nil {
			return Ledger{}, fmt.Errorf("%s: entry %d: %w", file, i+1, err)
		}
	}
	return l, nil
}

func (e *Entry) check() error {
	switch {
	case e.When.String() == "":
		return errors.New("when is missing; want a condition over the case, such as q_len != kv_len")
	case len(e.Verdicts) == 0:
		return fmt.Errorf("verdicts is missing; want one or more of %v", failing())
	case strings.TrimSpace(e.Reason) == "":
		return errors.New("reason is missing; want why the failure is lived with")
	case strings.TrimSpace(e.Link) == "":
		return errors.New("link is missing; want where the bug is tracked")
	}
	for _, v := range e.Verdicts {
		if !slices.Contains(failing(), v) {
			return fmt.Errorf("verdict %q; want one of %v", v, failing())
		}
	}
	return nil
}

func failing() []verdict.Kind {
	return slices.DeleteFunc(verdict.All(), func(k verdict.Kind) bool { return !k.Fails() })
}

// Expired reports whether an entry does not count any more on a day.
func (e *Entry) Expired(now time.Time) bool {
	return e.Expires != nil && !now.Before(e.Expires.AsTime(now.Location()).AddDate(0, 0, 1))
}

// Matches reports whether an entry is about a case, or one that runs before it.
func (e *Entry) Matches(c cases.Case) (bool, error) {
	for _, one := range append([]cases.Case{c}, c.After...) {
		if ok, err := e.When.Match(one); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// Knows reports whether the words of a failure are those of the bug.
func (e *Entry) Knows(said string) bool { return e.Says == nil || e.Says.MatchString(said) }

// Explains returns the number of the first entry that counts on a day and knows the failure of a case, which said so much of
// itself; -1: none does.
func (l *Ledger) Explains(c cases.Case, kind verdict.Kind, said string, now time.Time) (int, error) {
	for i := range l.Known {
		e := &l.Known[i]
		if e.Expired(now) || !slices.Contains(e.Verdicts, kind) || !e.Knows(said) {
			continue
		}
		if ok, err := e.Matches(c); err != nil || ok {
			return i, err
		}
	}
	return -1, nil
}

// Add puts an entry behind those of a file, which is made where there is none. What stands in the file stays as it is, and what
// another process adds at the same time too.
func Add(file string, e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	release, err := alone(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer release()
	l, err := Read(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, known := range l.Known {
		if known.When.String() == e.When.String() {
			return fmt.Errorf("%s: an entry with the condition %s is there already", file, e.When)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("ledger: %w", err)
	}
	entry, err := toml.Marshal(Ledger{Known: []Entry{e}})
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if len(text) > 0 {
		text = append(bytes.TrimRight(text, "\n"), "\n\n"...)
	}
	return atomicfile.WriteBytes(file, append(text, entry...))
}

// alone waits until nobody else adds to a file of the folder. The folder is what is locked, for the file is another one after
// each addition.
func alone(folder string) (release func() error, err error) {
	l := flock.New(folder, flock.SetFlag(os.O_RDONLY))
	err = l.Lock()
	if err == nil || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK) || runtime.GOOS == "windows" { // which cannot all be locked
		return l.Close, nil
	}
	return nil, fmt.Errorf("ledger: lock %s: %w", folder, err)
}
