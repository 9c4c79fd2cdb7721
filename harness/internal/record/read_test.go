package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/verdict"
)

func line(t testing.TB, index int) string {
	t.Helper()
	r := result(t, index, verdict.Verdict{Kind: verdict.Pass})
	text, err := encodeLine(r)
	require.NoError(t, err)
	return string(text)
}

func readText(text string) (got []int, errs []error) {
	readLines(strings.NewReader(text), "results.jsonl", func(r Result, err error) bool {
		if err != nil {
			errs = append(errs, err)
		} else {
			got = append(got, r.Index)
		}
		return true
	})
	return got, errs
}

func TestADamagedLineCostsOnlyItself(t *testing.T) {
	good := line(t, 1)
	for name, bad := range map[string]string{
		"empty":             "\n",
		"not JSON":          "{\n",
		"another JSON":      "[1,2]\n",
		"wrong UTF-8":       strings.Replace(good, `"naive"`, "\"na\xffve\"", 1),
		"a zero byte":       "\x00" + good,
		"two documents":     strings.TrimSpace(good) + good,
		"duplicate key":     strings.Replace(good, `"index":1,`, `"index":1,"index":1,`, 1),
		"unknown verdict":   strings.Replace(good, `"verdict":"pass"`, `"verdict":"perfect"`, 1),
		"another id":        strings.Replace(good, `"id":"`, `"id":"0`, 1),
		"another case":      strings.Replace(good, `"q_len":7`, `"q_len":8`, 1),
		"an impossible one": strings.Replace(good, `"head_dim":16`, `"head_dim":1e9`, 1),
		"a wrong number":    strings.Replace(good, `"wall_seconds":0.005`, `"wall_seconds":"fast"`, 1),
		"negative index":    strings.Replace(good, `"index":1`, `"index":-1`, 1),
		"too long":          strings.Replace(good, `"pass"`, `"pass","reason":"`+strings.Repeat("x", MaxLineBytes)+`"`, 1),
		"deeply nested":     strings.Repeat("[", 1<<20) + "\n",
	} {
		require.NotEqual(t, good, bad, name)
		got, errs := readText(line(t, 0) + bad + line(t, 2))
		require.Equal(t, []int{0, 2}, got, name)
		require.Len(t, errs, 1, name)
		var at *LineError
		require.ErrorAs(t, errs[0], &at, name)
		require.Equal(t, 2, at.Line, name)
		require.Contains(t, errs[0].Error(), "results.jsonl:2: ", name)
		require.False(t, errors.Is(errs[0], ErrTorn), name)
	}
}

func TestEveryCutOfTheLastLineIsTornAndNothingElseIsLost(t *testing.T) {
	whole := line(t, 0) + line(t, 1)
	first := len(line(t, 0))
	for cut := first + 1; cut < len(whole)-1; cut++ {
		got, errs := readText(whole[:cut])
		require.Equal(t, []int{0}, got)
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], ErrTorn)
		require.Contains(t, errs[0].Error(), "results.jsonl:2: ")
	}
	got, errs := readText(whole[:len(whole)-1])
	require.Equal(t, []int{0, 1}, got, "only the newline is missing")
	require.Empty(t, errs)
	_, errs = readText(line(t, 0) + strings.Repeat("x", MaxLineBytes+1))
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], ErrTorn)
}

// Lines are read in batches, several at once: what comes of them keeps their order, their numbers and their places.
func TestManyLinesKeepTheirOrder(t *testing.T) {
	const n = 10 * batchLines
	var text strings.Builder
	var starts []int64
	for i := range n {
		starts = append(starts, int64(text.Len()))
		if i == 3*batchLines {
			text.WriteString("bad\n")
		} else {
			text.WriteString(line(t, i))
		}
	}
	for _, stopAt := range []int{0, 1, batchLines - 1, batchLines, 5*batchLines + 3, n - 1} {
		seen := 0
		for at, err := range scan(strings.NewReader(text.String()), "f") {
			require.Equal(t, starts[seen], at.offset)
			var damaged *LineError
			switch {
			case seen == 3*batchLines:
				require.ErrorAs(t, err, &damaged)
				require.Equal(t, seen+1, damaged.Line)
			default:
				require.NoError(t, err)
				require.Equal(t, seen, at.result.Index)
			}
			if seen == stopAt {
				break
			}
			seen++
		}
		require.Equal(t, stopAt, seen)
	}
}

func TestReadStopsWhenTheLoopDoes(t *testing.T) {
	seen := 0
	readLines(strings.NewReader(line(t, 0)+"bad\n"+line(t, 2)), "f", func(Result, error) bool {
		seen++
		return seen < 2
	})
	require.Equal(t, 2, seen)
}

func TestReadNamesAMissingRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, errs := collect(dir)
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], os.ErrNotExist)
	require.ErrorContains(t, errs[0], dir)
	_, err := Summarize(dir)
	require.ErrorContains(t, err, "not a run directory")
}

// FuzzReadLines holds that no bytes crash the reader, that it always ends, and that what it accepts survives being
// written again.
func FuzzReadLines(f *testing.F) {
	f.Add([]byte(line(f, 0)))
	f.Add([]byte(line(f, 0) + "\n\xff{" + line(f, 1)[:100]))
	f.Add([]byte(strings.Replace(line(f, 3), `"worst_ratio":0`, `"worst_ratio":"NaN"`, 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := 0
		readLines(strings.NewReader(string(text)), "f", func(r Result, err error) bool {
			lines++
			if err != nil {
				return true
			}
			second, err := encodeLine(r)
			if err == nil {
				_, err = decodeLine(second[:len(second)-1])
			}
			if err != nil {
				t.Fatal(fmt.Errorf("accepted, then refused: %w", err))
			}
			return true
		})
		if most := strings.Count(string(text), "\n") + 1; lines > most {
			t.Fatalf("%d results of %d lines", lines, most)
		}
	})
}
