package queue_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness"
	"attest.example/attest/harness/internal/paths/naive"
)

// What a soak once called wrong and was not is kept beside its data, and passes.
func TestAlarmsOfSoaksPass(t *testing.T) {
	harness.Replay(t, naive.New(), filepath.Join("testdata", "soak", "alarms"))
}

// What soaks judged (soak.sh wrote these files) is what the README says they did, and each case counts once.
func TestTheREADMESaysWhatSoaksJudged(t *testing.T) {
	names, err := filepath.Glob("testdata/soak/*.json")
	require.NoError(t, err)
	type sum struct{ cases, passed, inconclusive int }
	of, seen := map[string]sum{}, map[string]string{}
	for _, name := range names {
		var s struct {
			Commit       string `json:"commit"`
			Path         string `json:"path"`
			Preset       string `json:"preset"`
			Seed         uint64 `json:"seed"`
			Cases        int    `json:"cases"`
			Passed       int    `json:"passed"`
			Failed       int    `json:"failed"`
			Inconclusive int    `json:"inconclusive"`
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &s), name)
		assert.Zero(t, s.Failed, name)
		assert.Equal(t, s.Cases, s.Passed+s.Inconclusive, name)
		assert.Len(t, s.Commit, 40, name)
		assert.Equal(t, "default", s.Preset, name)
		cases := fmt.Sprint(s.Path, " ", s.Seed)
		assert.Empty(t, seen[cases], "%s has the cases of %s", name, seen[cases])
		seen[cases] = name
		at := of[s.Path]
		of[s.Path] = sum{at.cases + s.Cases, at.passed + s.Passed, at.inconclusive + s.Inconclusive}
	}
	readme, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	words := strings.Join(strings.Fields(string(readme)), " ")
	for _, path := range []string{"host", "naive"} {
		s := of[path]
		want := fmt.Sprintf("%s default cases of `%s` (%s passed, %s inconclusive", grouped(s.cases), path, grouped(s.passed), grouped(s.inconclusive))
		assert.True(t, strings.Contains(words, want), "README.md does not say: %s", want)
	}
}

// grouped is a number as people write it: 144,128.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
