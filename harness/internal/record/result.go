package record

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// Result is one line of results.jsonl: a case, how it ended and how fast it was.
//
// Numbers that JSON has no form for are written as the strings "NaN", "Infinity" and "-Infinity".
type Result struct {
	Index int        `json:"index"`         // the case's number in the run, from 0
	Draw  int        `json:"draw,omitzero"` // which draw of that number it is: those before it were refused
	ID    string     `json:"id"`            // cases.Name of Case; Append fills it in
	Case  cases.Case `json:"case"`

	Path      string `json:"path"`
	Device    string `json:"device,omitzero"`
	Toolchain string `json:"toolchain,omitzero"`

	verdict.Verdict

	// Refused are the other draws of the number, which the path does not support.
	Refused []verdict.Refusal `json:"refused,omitempty"`
	// Laws is how many relations held on the case. NotJudged are the relations, repeats and variants that were left out
	// because the path refuses what they take.
	Laws      int      `json:"laws,omitzero"`
	NotJudged []string `json:"not_judged,omitempty"`

	Dispatches     int       `json:"dispatches"`               // kernel runs that the judged call made; 0: not known
	DeviceSeconds  []float64 `json:"device_seconds,omitempty"` // of each dispatch, on the device's clock
	WallSeconds    float64   `json:"wall_seconds"`             // of the judged call, seen from outside
	CompileSeconds float64   `json:"compile_seconds"`          // spent compiling for it
	Cached         bool      `json:"cached"`                   // its pipeline was there already

	// OnFibers are the kernels, of those that the path had compiled by then, that vectors were to run and fibers do, as
	// "KERNEL: WHY".
	OnFibers []string `json:"on_fibers,omitempty"`
	// Engine is what ran the case's kernels, "fibers", "wide" or "fibers,wide", where the path chooses.
	Engine string `json:"engine,omitzero"`

	Speed
	// Impossible is why the times above cannot be true; Append fills it in.
	Impossible string `json:"impossible,omitzero"`

	// Wrote is the end of what the path's process wrote during the call that failed, see Tail.
	Wrote string `json:"wrote,omitzero"`

	// Known is the condition of the ledger's entry that knows the failure; empty: it is none, or news.
	Known string `json:"known,omitzero"`

	// Elapsed is when the line was written, in seconds since the run began; Append fills it in.
	Elapsed float64 `json:"elapsed_seconds"`
}

// NewResult gathers a line from what the engine has after a case; wallSeconds is the duration of the call to the
// path. Index, ID and Elapsed come later.
func NewResult(c cases.Case, path string, on paths.Description, v verdict.Verdict, t paths.Timing, wallSeconds float64) Result {
	r := Result{
		Case: c, ID: cases.Name(c), Path: path, Device: on.Device, Toolchain: on.Toolchain, Verdict: v,
		Dispatches: len(t.DeviceSeconds), DeviceSeconds: t.DeviceSeconds, WallSeconds: wallSeconds,
		CompileSeconds: t.CompileSeconds, Cached: t.Cached, OnFibers: t.OnFibers, Engine: t.Engine,
	}
	r.Speed = SpeedOf(c, r.Dispatches, r.GPUSeconds())
	return r
}

// Fill fills in what follows from the rest: ID and Impossible. peak is the device's, in operations a second; 0: not known.
func (r *Result) Fill(peak float64) {
	r.ID, r.Impossible = cases.Name(r.Case), r.doubt(peak)
}

// GPUSeconds is the device time of all dispatches together; 0 where the path has no device clock.
func (r *Result) GPUSeconds() float64 {
	total := 0.0
	for _, s := range r.DeviceSeconds {
		total += s
	}
	return total
}

// SameEnd reports whether two runs of a case came to the same.
func SameEnd(a, b *Result) bool {
	return a.ID == b.ID && a.Draw == b.Draw && a.Kind == b.Kind && a.Law == b.Law
}

// Ended is how a case ended, in a few words.
func Ended(r *Result) string {
	if r.Reason == "" {
		return string(r.Kind)
	}
	return fmt.Sprintf("%s (%s)", r.Kind, r.Reason)
}
