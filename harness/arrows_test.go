package harness_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updateArrows = flag.Bool("update", false, "write testdata/arrows.txt anew from the imports as they are")

const arrowsFile = "testdata/arrows.txt"

// importsOf asks go for what every package of the module imports of the module, tests aside.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	const format = "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}"
	list := exec.Command("go", "list", "-f", format, "./...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	module := exec.Command("go", "list", "-m")
	module.Dir = ".."
	name, err := module.Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	prefix := strings.TrimSpace(string(name)) + "/"
	graph := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		from := strings.TrimPrefix(words[0], prefix)
		graph[from] = nil
		for _, to := range words[1:] {
			if inner, ok := strings.CutPrefix(to, prefix); ok {
				graph[from] = append(graph[from], inner)
			}
		}
		slices.Sort(graph[from])
	}
	return graph
}

// TestArrows holds the imports between the module's packages against testdata/arrows.txt: an arrow that is not there
// fails. Whoever wants a new one writes it there, or lets
//
//	go test ./harness -run TestArrows -update
//
// do it, and explains in the commit why it is right.
func TestArrows(t *testing.T) {
	graph := importsOf(t)
	for _, broken := range againstTheWay(graph) {
		t.Error(broken)
	}
	if *updateArrows && !t.Failed() {
		writeArrows(t, graph)
	}
	text, err := os.ReadFile(arrowsFile)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if from, to, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(line, "#") {
			allowed[from] = strings.Fields(to)
		}
	}
	for _, unknown := range missingArrows(graph, allowed) {
		t.Errorf("%s: not in %s; if it is right, write it there, or run go test ./harness -run TestArrows -update", unknown, arrowsFile)
	}
	for _, gone := range missingArrows(allowed, graph) {
		t.Logf("%s: in %s, but no import any more", gone, arrowsFile)
	}
}

// missingArrows lists those of a graph that another does not have.
func missingArrows(graph, other map[string][]string) []string {
	var missing []string
	for from, to := range graph {
		for _, p := range to {
			if !slices.Contains(other[from], p) {
				missing = append(missing, from+" -> "+p)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// againstTheWay lists what no table may allow: metal and the reference know nothing of the harness, and nobody but the
// command is behind the door.
func againstTheWay(graph map[string][]string) []string {
	var broken []string
	for from, to := range graph {
		for _, p := range to {
			low := below(from, "metal") || below(from, "reference")
			switch {
			case low && below(p, "harness"):
				broken = append(broken, fmt.Sprintf("%s -> %s: what is below the harness knows nothing of it", from, p))
			case below(from, "reference") && !below(p, "reference"):
				broken = append(broken, fmt.Sprintf("%s -> %s: the reference stands alone", from, p))
			case slices.Contains([]string{"metal/atomicfile", "metal/narrow", "metal/page", "metal/plainfile"}, from):
				broken = append(broken, fmt.Sprintf("%s -> %s: what everybody may use knows nobody", from, p))
			case strings.HasPrefix(p, "harness/cmd/"):
				broken = append(broken, fmt.Sprintf("%s -> %s: nobody imports a command", from, p))
			}
		}
	}
	slices.Sort(broken)
	return broken
}

func below(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func writeArrows(t *testing.T, graph map[string][]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# What each package imports of this module: see TestArrows.\n")
	for _, from := range slices.Sorted(func(yield func(string) bool) {
		for from := range graph {
			if !yield(from) {
				return
			}
		}
	}) {
		if len(graph[from]) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", from, strings.Join(graph[from], " "))
		}
	}
	if err := os.MkdirAll(filepath.Dir(arrowsFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(arrowsFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestArrowsAreSeen(t *testing.T) {
	graph := map[string][]string{"harness/a": {"harness/b", "metal"}, "metal/x": {"harness/a"}, "reference": {"metal"}}
	if got := missingArrows(graph, map[string][]string{"harness/a": {"metal"}}); len(got) != 3 || got[0] != "harness/a -> harness/b" {
		t.Errorf("%v", got)
	}
	if got := againstTheWay(graph); len(got) != 2 {
		t.Errorf("%v", got)
	}
}
