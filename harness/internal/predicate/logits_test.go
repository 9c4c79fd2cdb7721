package predicate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuantitiesOfTheLogits: one key, one row, all numbers near 1 or -1: the logits follow from the scale.
func TestQuantitiesOfTheLogits(t *testing.T) {
	const head = `{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":1,"head_dim":1,"input":"fp32","scale":100,`
	const negative = head + `"values":{"q":"positive","k":"negative"}`
	for condition, want := range map[string][3]bool{ // all logits far below 0; the same with a sink; far above 0
		`logits.lowest_row_max < -20`:                            {true, false, false},
		`logits.lowest_row_max < -1e4`:                           {false, false, false},
		`logits.highest > 20`:                                    {false, false, true},
		`logits.largest_fall > 20`:                               {false, true, false}, // from the sink
		`logits.largest_fall > 1e4`:                              {false, false, false},
		`scale > 1 && -logits.lowest_row_max in 0..1000`:         {false, false, false}, // no integer
		`kv_len == 1 && logits.lowest_row_max <= logits.highest`: {true, false, true},
	} {
		p, err := Compile(condition)
		require.NoError(t, err)
		for i, text := range []string{negative + `}`, negative + `,"sinks":"among"}`, head + `"values":{"q":"positive","k":"positive"}}`} {
			got, err := p.Match(decode(t, text))
			require.NoError(t, err)
			require.Equal(t, want[i], got, "%s: %s", condition, text)
		}
	}
	_, err := Compile("logits.least > 1")
	require.ErrorContains(t, err, "least")
}

// TestLogitsAreDrawnWhereTheyAreNamed alone.
func TestLogitsAreDrawnWhereTheyAreNamed(t *testing.T) {
	for source, want := range map[string]bool{"logits.highest > 11": true, "any([logits.highest], # > 11)": true, "scale > 11": false, `notes_of == "logits.highest"`: false} {
		require.Equal(t, want, namesLogits(source), source)
	}
}
