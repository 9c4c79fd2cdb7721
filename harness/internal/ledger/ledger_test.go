package ledger

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
)

const good = `# ours
[[known]]
when = 'q_len != kv_len'
verdicts = ["numeric"]
reason = "kv_len is taken from q"
link = "https://example.org/1"
expires = 2027-03-31
`

func write(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), File)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return file
}

func decode(t *testing.T, text string) cases.Case {
	c, err := cases.Decode([]byte(text))
	require.NoError(t, err)
	return c
}

func TestAnEntryExplainsItsVerdictsUntilItExpires(t *testing.T) {
	l, err := Read(write(t, good))
	require.NoError(t, err)
	differ := decode(t, `{"version":1,"batch":1,"heads":1,"q_len":2,"kv_len":3,"head_dim":4,"input":"fp32"}`)
	equal := decode(t, `{"version":1,"batch":1,"heads":1,"q_len":3,"kv_len":3,"head_dim":4,"input":"fp32"}`)
	behind := equal.Clone()
	behind.After = []cases.Case{differ}
	day := time.Date(2027, 3, 31, 23, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		c    cases.Case
		kind verdict.Kind
		now  time.Time
		want int
	}{
		{differ, verdict.Numeric, day, 0}, {differ, verdict.Special, day, -1}, {equal, verdict.Numeric, day, -1},
		{behind, verdict.Numeric, day, 0}, {differ, verdict.Numeric, day.Add(2 * time.Hour), -1},
	} {
		got, err := l.Explains(x.c, x.kind, "out[0] is 1", x.now)
		require.NoError(t, err)
		require.Equal(t, x.want, got, "%s %s %s", cases.Describe(x.c), x.kind, x.now)
	}
}

// What else fails in the same cases, with the same verdict, is news.
func TestAnEntryThatSaysHowItFailsExplainsNothingElse(t *testing.T) {
	l, err := Read(write(t, strings.Replace(good, "reason =", "says = 'past the end of (k|v): .*kernel pad:'\nreason =", 1)))
	require.NoError(t, err)
	c := decode(t, `{"version":1,"batch":1,"heads":1,"q_len":2,"kv_len":3,"head_dim":4,"input":"fp32"}`)
	for said, want := range map[string]int{
		"touched memory 0 bytes past the end of k: pass[0]: kernel pad: access to memory":  0,
		"touched memory 0 bytes past the end of k: pass[1]: kernel main: access to memory": -1,
		"touched memory 0 bytes past the end of q: pass[0]: kernel pad: access to memory":  -1,
		"out[0] is 1": -1, "": -1,
	} {
		got, err := l.Explains(c, verdict.Numeric, said, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		require.Equal(t, want, got, said)
	}
}

func TestWrongLedgersAreRefused(t *testing.T) {
	for text, words := range map[string]string{
		"[[known]]\nwhen = 'q_len > 1'\nverdicts = ['numeric']\nreason = 'x'\n":                             "entry 1: link is missing",
		"[[known]]\nwhen = 'q_len > 1'\nverdicts = ['numeric']\nlink = 'x'\n":                               "entry 1: reason is missing",
		"[[known]]\nwhen = 'q_len > 1'\nreason='x'\nlink = 'x'\n":                                           "verdicts is missing",
		"[[known]]\nverdicts = ['numeric']\nreason='x'\nlink = 'x'\n":                                       "when is missing",
		"[[known]]\nwhen = 'q_len > 1'\nverdicts = ['pass']\nreason='x'\nlink = 'x'\n":                      `verdict "pass"; want one of`,
		"[[known]]\nwhen = 'q_length > 1'\nverdicts = ['numeric']\nreason='x'\nlink = 'x'\n":                "unknown name q_length",
		"[[known]]\nwhen = 'q_len > 1'\nverdicts = ['numeric']\nreason='x'\nlink = 'x'\nuntil = 2027-01-01": "unknown field known.until",
		"[[known]]\nwhen = 'q_len > 1'\nverdicts = ['numeric']\nreason='x'\nlink = 'x'\nsays = 'out['":      "missing closing ]",
		"[[known]\n": "known.toml",
	} {
		_, err := Read(write(t, text))
		require.ErrorContains(t, err, words)
	}
	_, err := Read(filepath.Join(t.TempDir(), File))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAddKeepsWhatIsThere(t *testing.T) {
	when, err := predicate.Compile(`mask.kind == "additive" && scale != 1`)
	require.NoError(t, err)
	entry := Entry{When: when, Verdicts: []verdict.Kind{verdict.Numeric, verdict.Crash}, Reason: "bias", Link: "https://example.org/2",
		Expires: &toml.LocalDate{Year: 2027, Month: 1, Day: 2}}
	file := write(t, good)
	require.NoError(t, Add(file, entry))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "# ours\n")
	l, err := Read(file)
	require.NoError(t, err)
	require.Len(t, l.Known, 2)
	require.Equal(t, entry.When.String(), l.Known[1].When.String())
	require.Equal(t, entry.Verdicts, l.Known[1].Verdicts)
	require.Equal(t, *entry.Expires, *l.Known[1].Expires)
	require.ErrorContains(t, Add(file, entry), "already")
	require.ErrorContains(t, Add(file, Entry{When: when, Verdicts: entry.Verdicts, Reason: "x"}), "link is missing")
	fresh := filepath.Join(t.TempDir(), File)
	require.NoError(t, Add(fresh, entry))
	l, err = Read(fresh)
	require.NoError(t, err)
	require.Len(t, l.Known, 1)
}

// Entries that are added at the same time are all there.
func TestAddAtTheSameTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), File)
	var all errgroup.Group
	const count = 24
	for i := range count {
		when, err := predicate.Compile(fmt.Sprintf("q_len == %d", i+1))
		require.NoError(t, err)
		all.Go(func() error {
			return Add(file, Entry{When: when, Verdicts: []verdict.Kind{verdict.Numeric}, Reason: "many at once", Link: "https://example.org/3"})
		})
	}
	require.NoError(t, all.Wait())
	l, err := Read(file)
	require.NoError(t, err)
	require.Len(t, l.Known, count)
}
