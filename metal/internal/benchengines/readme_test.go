//go:build cgo && unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeHasTheTable: what stands between the marks is what this program prints of today's kernels, on fibers and on vectors.
func TestReadmeHasTheTable(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- bench-engines -->\n")
	table, _, found := strings.Cut(rest, "<!-- end of bench-engines -->\n")
	if !found {
		t.Fatal("metal/README.md has not both marks of bench-engines")
	}
	for _, r := range rows(8) {
		for _, engine := range []string{"fibers", "wide"} {
			if row := "| " + r.name + " | " + engine + " | "; strings.Count(table, row) != 1 {
				t.Errorf("want one row %q; make bench-engines writes it", row)
			}
		}
	}
	if strings.Contains(table, "differ") {
		t.Error("the engines' bits differ")
	}
}

// TestBetween: the script that puts the table there leaves the rest alone, and a file as it was where it cannot.
func TestBetween(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const page = "before\n<!-- a -->\nold\n<!-- end of a -->\nafter & \\n\n"
	for _, c := range []struct{ name, mark, text, page, want, says string }{
		{"other text", "a", "| new & \\n |\n| rows |\n", page, strings.Replace(page, "old\n", "| new & \\n |\n| rows |\n", 1), ""},
		{"nothing", "a", "", page, page, "nothing to put into"},
		{"no mark", "b", "new\n", page, page, "want one line <!-- b -->"},
		{"no end", "a", "new\n", "<!-- a -->\n", "<!-- a -->\n", "want one line <!-- end of a -->"},
		{"two", "a", "new\n", page + page, page + page, "want one line <!-- a -->"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, file := write("text", c.text), write("page.md", c.page)
			said, err := exec.Command("sh", "../../../scripts/between.sh", c.mark, text, file).CombinedOutput()
			if (err == nil) != (c.says == "") || !strings.Contains(string(said), c.says) {
				t.Errorf("%v, %q, want %q", err, said, c.says)
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}
