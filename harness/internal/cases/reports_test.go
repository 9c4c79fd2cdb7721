package cases

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestReports holds the table of public bugs against what exists: every bug has a row; a case of the corpus and a mutant
// that it names are there and name the bug; and a row without either tells why.
func TestReports(t *testing.T) {
	text, err := os.ReadFile("reports.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[int]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, " | ")
		bug, err := strconv.Atoi(strings.TrimPrefix(cells[0], "| "))
		if err != nil {
			continue // the heading
		}
		if len(cells) != 5 {
			t.Fatalf("bug %d: %d columns; want 5", bug, len(cells))
		}
		if rows[bug] {
			t.Errorf("bug %d stands twice", bug)
		}
		rows[bug] = true
		why := strings.TrimSpace(strings.TrimSuffix(cells[4], "|"))
		for column, where := range map[int]struct{ folder, suffix, names string }{
			2: {"../../../corpus", ".json", `"notes": ".*\bbugs? [0-9, and]*\b` + strconv.Itoa(bug) + `\b`},
			3: {"../mutate/mutants", ".txt", `(?m)^bugs: .*\b` + strconv.Itoa(bug) + `\b`},
		} {
			names := strings.FieldsFunc(cells[column], func(r rune) bool { return r == ',' || r == ' ' })
			if len(names) == 0 && why == "" {
				t.Errorf("bug %d: nothing in %s, and the last column is empty; want a name or the reason", bug, where.folder)
			}
			for _, name := range names {
				file, err := os.ReadFile(filepath.Join(where.folder, name+where.suffix))
				if err != nil {
					t.Errorf("bug %d: %v", bug, err)
				} else if !regexp.MustCompile(where.names).Match(file) {
					t.Errorf("bug %d: %s does not name it", bug, name)
				}
			}
		}
	}
	for bug := 1; bug <= 95; bug++ {
		if !rows[bug] {
			t.Errorf("bug %d has no row", bug)
		}
	}
}
