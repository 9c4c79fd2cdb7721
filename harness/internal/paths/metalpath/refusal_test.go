package metalpath

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// Error 3 of the ABI is "device not supported": the library computes other cases and refuses this one.
func TestACaseThatALibraryRefusesIsUnsupported(t *testing.T) {
	file := compile(t, "-DREFUSES")
	p, err := OpenLibrary(context.Background(), "lib:"+file, file, "")
	require.NoError(t, err)
	defer p.Close()
	for _, test := range []struct {
		name   string
		change func(*cases.Case)
		want   verdict.Kind
	}{
		{"fp32", nil, verdict.Pass},
		{"fp16", func(c *cases.Case) { c.Input = precision.FP16 }, verdict.Unsupported},
		{"a mask", func(c *cases.Case) { c.Mask.Kind = cases.CausalMask }, verdict.Unsupported},
		{"after fp16", func(c *cases.Case) {
			before := c.Clone()
			before.Input = precision.FP16
			require.NoError(t, before.Normalize())
			c.After = []cases.Case{before}
		}, verdict.Unsupported},
		{"another output, by error 1", toFP16, verdict.Unsupported},
	} {
		outcome, err := trial.Run(context.Background(), p, square(t, test.change), trial.Options{Relations: -1})
		require.NoError(t, err)
		require.Equal(t, test.want, outcome.Verdict.Kind, "%s: %s", test.name, outcome.Verdict.Reason)
	}
	c := square(t, func(c *cases.Case) { c.Mask.Kind = cases.CausalMask })
	call, err := p.Prepare(context.Background(), c, cases.Materialize(c), 1, time.Minute)
	if err == nil {
		_, err = call.Run()
		require.ErrorIs(t, call.Repeat(2), paths.ErrUnsupported)
		call.Close()
	}
	require.ErrorIs(t, err, paths.ErrUnsupported)
}

func TestALibraryThatRefusesTheProbeOpens(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	file := compile(t, "-DREFUSES_ALL")
	p, err := OpenLibrary(context.Background(), "lib:"+file, file, "")
	require.NoError(t, err)
	defer p.Close()
	require.Contains(t, p.Describe().Device, "layout unknown")
	outcome, err := trial.Run(context.Background(), p, square(t, nil), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Unsupported, outcome.Verdict.Kind, outcome.Verdict.Reason)
}
