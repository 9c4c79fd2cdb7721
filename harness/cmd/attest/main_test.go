package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// A command that a signal ends says so, whatever it was at.
func TestInterruptedCommands(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct{ line, want string }{
		{"bench --path naive --quick --only D=16", "attest: bench: interrupted\n"},
		{"show --path naive --isolate=false ../../../corpus/head-dim-one.json", "attest: show: interrupted\n"},
	} {
		var out, complaint bytes.Buffer
		status := dispatch(ctx, terminal{&out, &complaint}, strings.Fields(test.line))
		if got := complaint.String(); status != misuse || !strings.HasSuffix(got, test.want) {
			t.Errorf("%s: exit status %d, %q; want %d, %q", test.line, status, got, misuse, test.want)
		}
	}
}
