package cases

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/verdict"
)

func failing() *Evidence {
	return &Evidence{
		Verdict: verdict.Relation, Reason: "law future: out[0,0,3,0] is 2, want 1", Where: &verdict.Place{Row: 3}, WorstRatio: 0.25,
		Law: "future", LawSeed: 1<<64 - 1, Path: "host?math=fast&schedule=random", Device: "cpu", Toolchain: "clang",
		Build: "0123456789ab", Commit: "abc", Isolated: true, Memory: 1 << 30, Deadline: 0.5, From: "ba9876543210",
	}
}

func TestAFileKeepsItsFailureAndItsName(t *testing.T) {
	c := Case{Version: 1, Batch: 1, Heads: 1, QLen: 4, KVLen: 5, HeadDim: 2, Input: 3, Notes: "a note", Mask: Mask{Kind: CausalMask}}
	require.NoError(t, c.Normalize())
	got, e, err := DecodeFile(EncodeFile(c, failing()))
	require.NoError(t, err)
	require.Equal(t, failing(), e)
	require.Equal(t, c, got)
	require.Equal(t, Name(c), Name(got))

	second, err := Decode(EncodeFile(c, failing()))
	require.NoError(t, err)
	require.Equal(t, c, second)

	got, e, err = DecodeFile(EncodeFile(c, nil))
	require.NoError(t, err)
	require.Nil(t, e)
	require.Equal(t, c, got)
	require.Equal(t, Encode(c), EncodeFile(c, nil))
}

func TestWhatCannotBeWrittenInJSONIsLeftOut(t *testing.T) {
	c := Case{Version: 1, Batch: 1, Heads: 1, QLen: 1, KVLen: 1, HeadDim: 1, Input: 3}
	require.NoError(t, c.Normalize())
	for _, ratio := range []float64{math.NaN(), math.Inf(1)} {
		e := failing()
		e.WorstRatio, e.Reason = ratio, "killed \xff"
		_, got, err := DecodeFile(EncodeFile(c, e))
		require.NoError(t, err)
		require.Zero(t, got.WorstRatio)
		require.Equal(t, "killed \uFFFD", got.Reason)
	}
}

func TestADamagedFailureIsNamed(t *testing.T) {
	const head = `{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":1,"head_dim":1,"input":"fp32","failure":`
	for text, want := range map[string]string{
		`{"verdict":"relation","law":"twice","colour":1}}`:             "failure.colour: unknown key; want one of verdict, reason, where",
		`{"verdict":"pass"}}`:                                          `failure.verdict: "pass"; want one of numeric`,
		`{}}`:                                                          `failure.verdict: ""; want one of numeric`,
		`{"verdict":"error","law_seed":4}}`:                            "failure.law_seed: 4; want a law beside it",
		`{"verdict":"error","memory_bytes":-1}}`:                       "failure.memory_bytes: -1; want 0 or more",
		`{"verdict":"hang","deadline_seconds":-1}}`:                    "failure.deadline_seconds: -1; want 0 to",
		`{"verdict":"hang"},"after":[` + head[:0] + `{"failure":{}}]}`: "after.0.failure: unknown key",
		`"yes"}`: "failure: a JSON string; want an object",
	} {
		_, _, err := DecodeFile([]byte(head + text))
		require.ErrorContains(t, err, want, text)
	}
}
