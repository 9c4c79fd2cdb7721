package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/ledger"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// ledgerOf is a ledger and how its entries have fared. The day is that on which the run, or its resumption, began.
type ledgerOf struct {
	ledger.Ledger
	now    time.Time
	failed []int
	passed []int
	sum    string // of the file; empty: there is none
}

func openLedger(file string) (ledgerOf, error) {
	l := ledgerOf{now: time.Now()}
	if file == "" {
		return l, nil
	}
	var err error
	if l.Ledger, err = ledger.Read(file); err != nil {
		return l, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return l, fmt.Errorf("ledger: %w", err)
	}
	sum := sha256.Sum256(text)
	l.sum = hex.EncodeToString(sum[:6])
	l.failed, l.passed = make([]int, len(l.Known)), make([]int, len(l.Known))
	return l, nil
}

// judge counts a verdict and returns the condition of the entry that knows the failure; empty: none does. Beside are the
// cases that failed in the case's place, as a law runs them: where one is known to fail, the law cannot hold.
func (l *ledgerOf) judge(c cases.Case, v *verdict.Verdict, beside []cases.Case) (string, error) {
	if v.Kind.Fails() {
		at, err := l.Explains(c, v.Kind, v.Reason, l.now)
		for i := 0; err == nil && at < 0 && i < len(beside); i++ {
			at, err = l.counting(&beside[i], v.Reason)
		}
		if err != nil || at < 0 {
			return "", l.wrong(at, err)
		}
		l.failed[at]++
		return l.Known[at].When.String(), nil
	}
	if v.Kind != verdict.Pass {
		return "", nil
	}
	for i := range l.Known {
		ok, err := l.Known[i].Matches(c)
		if err != nil {
			return "", l.wrong(i, err)
		}
		if ok {
			l.passed[i]++
		}
	}
	return "", nil
}

// judgeAgain is judge for a recorded result, which no longer has the cases beside it: what was known is known where the
// entry still counts.
func (l *ledgerOf) judgeAgain(r *record.Result) (string, error) {
	if r.Kind.Fails() && r.Known != "" {
		for i := range l.Known {
			if l.Known[i].When.String() == r.Known && l.Known[i].Knows(r.Reason) && !l.Known[i].Expired(l.now) {
				l.failed[i]++
				return r.Known, nil
			}
		}
	}
	return l.judge(r.Case, &r.Verdict, nil)
}

// counting is the number of the first entry that counts and is about a case with a failure that said so much of itself,
// whatever verdict it has; -1: none is.
func (l *ledgerOf) counting(c *cases.Case, said string) (int, error) {
	for i := range l.Known {
		if !l.Known[i].Knows(said) {
			continue
		}
		if ok, err := l.Known[i].Matches(*c); err != nil || ok && !l.Known[i].Expired(l.now) {
			return i, err
		}
	}
	return -1, nil
}

func (l *ledgerOf) wrong(entry int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ledger: entry %d: %w", entry+1, err)
}

// about reports whether an entry that counts is about a case, whatever verdict it would have.
func (l *ledgerOf) about(c *cases.Case) bool {
	for i := range l.Known {
		if ok, err := l.Known[i].Matches(*c); err == nil && ok && !l.Known[i].Expired(l.now) {
			return true
		}
	}
	return false
}

func (l *ledgerOf) entries() []record.LedgerEntry {
	var list []record.LedgerEntry
	for i := range l.Known {
		e := &l.Known[i]
		list = append(list, record.LedgerEntry{When: e.When.String(), Reason: e.Reason, Link: e.Link,
			Failed: l.failed[i], Passed: l.passed[i], Expired: e.Expired(l.now)})
	}
	return list
}
