package record

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTailKeepsTheEndWithoutADump(t *testing.T) {
	require.Empty(t, Tail(""))
	require.Equal(t, "one\ntwo", Tail("one\ntwo\n\n"))
	require.Equal(t, "assertion failed", Tail("assertion failed\nSIGABRT: abort\nPC=0x1\ngoroutine 1 [running]:\n"))
	require.Empty(t, Tail("panic: on purpose\n\ngoroutine 7 [running]:\n"))
	many := Tail(strings.Repeat("line\n", 100))
	require.Equal(t, 13, len(strings.Split(many, "\n")))
	require.True(t, strings.HasPrefix(many, "[...]\n"))
	require.LessOrEqual(t, len(Tail(strings.Repeat("x", 1<<20))), tailBytes+8)
	require.Equal(t, "\uFFFD", Tail("\xff"))
	require.Equal(t, "a\tb\n\uFFFD[2J\uFFFD]0;title\uFFFD c", Tail("a\tb\n\x1b[2J\x1b]0;title\x07 c"))
}

func TestLinesCallTheCommandAsItWasCalled(t *testing.T) {
	for called, want := range map[string]string{
		"attest": "attest", "bin/attest": "bin/attest", "./attest": "./attest", "/my tools/attest": "'/my tools/attest'",
		"record.test": "attest", "/tmp/go-build/record.test": "attest",
	} {
		require.Equal(t, want, programName(called), called)
	}
}
