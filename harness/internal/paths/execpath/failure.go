package execpath

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/verdict"
)

// lastWordsTime is how long an answer that tells of a failure waits for what the program printed about it: that comes
// another way.
const lastWordsTime = 100 * time.Millisecond

// failure is what a program did wrong, as a verdict.
type failure struct {
	kind  verdict.Kind
	text  string
	words string // its last ones
}

func (f *failure) Error() string { return f.text }

// Verdict is what the failure makes of a case.
func (f *failure) Verdict() verdict.Verdict { return verdict.Verdict{Kind: f.kind, Reason: f.text} }

// Stack is what the program printed last.
func (f *failure) Stack() string { return f.words }

// Unwrap lets a hang pass for the deadline that it missed.
func (f *failure) Unwrap() error {
	if f.kind == verdict.Hang {
		return context.DeadlineExceeded
	}
	return nil
}

func (p *program) failure(kind verdict.Kind, text string) *failure {
	if p.words.last() == "" && p.command != nil {
		time.Sleep(lastWordsTime)
	}
	if last := p.words.last(); last != "" {
		text += "; its last words: " + last
	}
	return &failure{kind: kind, text: text, words: p.words.all()}
}
