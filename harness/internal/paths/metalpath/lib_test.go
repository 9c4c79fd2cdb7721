package metalpath

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// library compiles testdata/naive.c.
func library(t *testing.T, flags ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lib.so")
	args := append([]string{"-shared", "-fPIC", "-O1", "-o", file, filepath.Join("testdata", "naive.c"), "-lm"}, flags...)
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return file
}

func square(t *testing.T, change func(*cases.Case)) cases.Case {
	c := cases.Case{Version: 1, Batch: 2, Heads: 3, QLen: 9, KVLen: 11, HeadDim: 6, Input: precision.FP32}
	if change != nil {
		change(&c)
	}
	require.NoError(t, c.Normalize())
	return c
}

func TestTheLayoutOfALibraryIsProbed(t *testing.T) {
	for _, test := range []struct{ flag, words string }{
		{"-DLAYOUT_BHSD", "layout BHSD"}, {"-DLAYOUT_BSHD", "layout BSHD"},
		{"-DWRONG", "layout unknown: a probe was right in neither BHSD nor BSHD, BHSD is assumed"},
	} {
		file := library(t, test.flag)
		p, err := OpenLibrary(context.Background(), "lib:"+file, file, false)
		require.NoError(t, err)
		require.Contains(t, p.Describe().Device, test.words)
		require.Contains(t, p.Describe().Toolchain, "without mfa_buffer_from_ptr_with_strides, mfa_attention_forward_with_lse")
		order := cases.Order("")
		if test.flag == "-DLAYOUT_BSHD" {
			order = cases.BSHD
		}
		c := square(t, func(c *cases.Case) {
			o := cases.Operand{Order: order, Offset: 3}
			c.Layout = cases.Layout{Q: o, K: o, V: o, Out: o}
			c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}
			c.KVLen = c.QLen
		})
		outcome, err := trial.Run(context.Background(), p, c, trial.Options{})
		require.NoError(t, err)
		want := verdict.Pass
		if test.flag == "-DWRONG" {
			want = verdict.Numeric
		}
		require.Equal(t, want, outcome.Verdict.Kind, outcome.Verdict.Reason)
		require.NoError(t, p.Close())
	}
}

func TestWhatThePlainABICannotSay(t *testing.T) {
	tests := []struct {
		abi    plainABI
		change func(*cases.Case)
		want   string
	}{
		{plainABI{}, func(c *cases.Case) { c.KVHeads = 1 }, "kv_heads 1"},
		{plainABI{}, func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.WindowMask, Left: 1} }, "a window"},
		{plainABI{}, func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight} }, "causal bottom-right"},
		{plainABI{}, func(c *cases.Case) { c.LSE, c.Mask.Kind = true, cases.BoolMask }, "logsumexp with a mask"},
		{plainABI{}, func(c *cases.Case) { c.LSE, c.Output = true, precision.FP16 }, "one precision"},
		{plainABI{}, func(c *cases.Case) { c.Layout.K = cases.Operand{Transpose: true, Pad: 1} }, "layout.k: a transposed operand"},
		{plainABI{missing: []string{stridesFunction}}, func(c *cases.Case) { c.Layout.V.Pad = 1 }, "layout.v: strides: the library lacks"},
		{plainABI{order: cases.BSHD}, nil, "layout.q: strides: only contiguous BSHD"},
		{plainABI{}, func(c *cases.Case) { c.Layout.V.Pad, c.Layout.K.Transpose = 1, true }, ""},
		{plainABI{}, func(c *cases.Case) { c.Mask.Kind = cases.AdditiveMask }, ""},
	}
	for _, test := range tests {
		err := test.abi.supports(square(t, test.change))
		if test.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, test.want)
		}
	}
}

func TestOptions(t *testing.T) {
	for text, want := range map[string]string{
		"math=wild":           `option math: "wild": want one of fast, safe`,
		"schedule=forward,up": `option schedule: "up": want one of forward, random, reverse`,
		"fill=nan,zero":       `option fill: "nan,zero": want one`,
		"threads=-1":          `option threads: "-1": want 0 to 1024`,
		"colour=red":          `option "colour": want math, schedule, fill, seed, threads or check`,
	} {
		_, err := OpenHost(text)
		require.ErrorContains(t, err, want)
	}
}
