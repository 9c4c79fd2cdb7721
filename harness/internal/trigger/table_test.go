package trigger

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// Every field of the table is one that a trigger can name and that the search varies, whoever adds it.
func TestEveryFieldIsAsked(t *testing.T) {
	stream, err := gen.NewStream(gen.Default, 11, gen.Filter{})
	require.NoError(t, err)
	varied := map[string]bool{}
	for i := range 300 {
		c, err := stream.Case(i)
		require.NoError(t, err)
		for _, a := range axes(&c) {
			if !varied[a.name] && len(a.all()) > 0 {
				varied[a.name] = true
			}
		}
	}
	for _, f := range cases.Fields() {
		if settled[f.Name] && f.Name != "after" || f.Type == cases.Text {
			continue
		}
		named := slices.ContainsFunc(features, func(x feature) bool {
			return x.name == f.Name || !strings.Contains(x.name, "before") && strings.Contains(x.name, f.Name)
		})
		require.True(t, named, "no atom is about %s, a field of type %s", f.Name, f.Type)
		if handled[f.Name] {
			continue
		}
		require.True(t, varied[f.Name], "%s, a field of type %s, is never varied", f.Name, f.Type)
	}
}
