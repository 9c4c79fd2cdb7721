package record

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/verdict"
)

// A flipped bit of a line is found, or changes nothing that the line holds.
func TestAFlippedBitOfALineIsNeverBelieved(t *testing.T) {
	line, err := encodeLine(result(t, 3, verdict.Verdict{Kind: verdict.Pass, WorstRatio: 0.5, Elements: 77, Reason: "in words"}))
	require.NoError(t, err)
	line = line[:len(line)-1]
	want, err := decodeLine(line)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(12, 5))
	for range 3000 {
		flipped := append([]byte(nil), line...)
		flipped[random.IntN(len(flipped))] ^= 1 << random.IntN(8)
		got, err := decodeLine(flipped)
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("believed: %s", flipped)
		}
	}
	plain, err := unsummed(line)
	require.NoError(t, err)
	got, err := decodeLine(plain) // of an older run
	require.NoError(t, err)
	require.Equal(t, want.Kind, got.Kind)
}
