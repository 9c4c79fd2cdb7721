// Package record keeps what a run found in a directory that a person and other tools can read while the run is
// still going, and after it was killed:
//
//	options.json            header and options, enough to go on with the run
//	results.jsonl           one line a case: the case itself, its verdict, its speed
//	bench.txt               the speeds in the Go benchmark format, for benchstat
//	failures/ID.json        each failing case, ready to replay
//	failures/ID.reduced.json  the smallest case found that still fails
//	findings/N.json         what several failures have in common: a trigger and its smallest case
//	pictures/ID.json        what a failing output looks like, for pages and terminals
//	junit.xml               for CI, written by Close
//	report.html             the page of the run, which package report writes
//	end.json                how the run ended; none while it goes on, or where it was killed
//	log                     what the engine logged
//
// Lines are appended with one write each, other files appear whole or not at all. The package never runs or judges
// a case, never overwrites an existing run and never removes anything that it did not make itself.
package record
