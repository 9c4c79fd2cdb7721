package campaign_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

func files(t *testing.T, n int) []corpus.Item {
	items := make([]corpus.Item, n)
	for i := range items {
		c := cases.Case{Version: 1, Batch: 1, Heads: 1, KVHeads: 1, QLen: 1 + 40*((n-i)%3), KVLen: 3, HeadDim: 4, Input: precision.FP32}
		require.NoError(t, c.Normalize())
		items[i] = corpus.Item{Path: fmt.Sprintf("%d.json", i), Case: c}
	}
	return items
}

func conditions() campaign.Conditions {
	return campaign.Conditions{Path: "naive", Deadline: time.Minute}
}

// The first file that cannot be run ends a replay, and those before it have been handed on, in their order, whoever ran them.
func TestAReplayEndsAtTheFirstFileThatCannotRun(t *testing.T) {
	items := files(t, 20)
	for _, i := range []int{9, 14} {
		items[i].Failure = &cases.Evidence{Verdict: verdict.Numeric, Path: fmt.Sprintf("msl:nowhere-%d.toml", i)}
	}
	for _, workers := range []int{0, 1, 4, 50} {
		var seen []string
		_, err := campaign.Replay(t.Context(), campaign.ReplayOptions{
			Conditions: conditions(), Items: items, Workers: workers,
			Each: func(item corpus.Item, r campaign.Replayed) { seen = append(seen, item.Path) },
		})
		require.ErrorContains(t, err, "nowhere-9.toml")
		assert.Equal(t, []string{"0.json", "1.json", "2.json", "3.json", "4.json", "5.json", "6.json", "7.json", "8.json"}, seen)
	}
}

func TestAReplayThatIsInterruptedSaysSo(t *testing.T) {
	for _, workers := range []int{1, 3} {
		ctx, stop := context.WithCancel(t.Context())
		seen := 0
		summary, err := campaign.Replay(ctx, campaign.ReplayOptions{
			Conditions: conditions(), Items: files(t, 300), Workers: workers,
			Each: func(corpus.Item, campaign.Replayed) {
				if seen++; seen == 5 {
					stop()
				}
			},
		})
		require.NoError(t, err)
		assert.True(t, summary.Interrupted)
		assert.Equal(t, seen, summary.Cases)
		assert.Less(t, seen, 300)
	}
}
