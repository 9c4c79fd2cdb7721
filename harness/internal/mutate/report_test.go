package mutate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cell of the table may hold a bar, as in |want|, and every line still has as many cells as the head.
func TestTheTableOfAReadmeIsOne(t *testing.T) {
	r := Result{Outcomes: []Outcome{{Killed: true}}, Controls: []Control{{Cases: 5}}}
	for _, rule := range Rules() {
		r.Rules = append(r.Rules, RuleScore{Rule: rule.Name, Summary: rule.Summary, Killed: 1, Cases: 5})
	}
	var text bytes.Buffer
	require.NoError(t, r.WriteMarkdown(&text))
	require.Contains(t, text.String(), `t*\|want\|`)
	lines := 0
	for line := range strings.Lines(text.String()) {
		require.Equal(t, 6, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), line)
		lines++
	}
	require.Equal(t, 3+len(Rules()), lines)
}
