package queue

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/gen"
)

// served is a server of a test, on any port of loopback, and a connection to it.
func served(t testing.TB, o ServerOptions) (*Server, *Bus) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	s, err := Serve(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, connected(t, s.URL())
}

func connected(t testing.TB, url string) *Bus {
	t.Helper()
	b, err := Connect(t.Context(), ConnectOptions{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// small is a run of small cases of which no checks take long.
func small(cases int) campaign.Options {
	return campaign.Options{Preset: gen.Quick, Cases: cases, Seed: 1, Relations: 0, Deadline: time.Minute, Workers: 1,
		Reduce: 10, ReduceCalls: campaign.DefaultReduceCalls, Triggers: true}
}

func submitted(t testing.TB, b *Bus, name string, o campaign.Options, runs ...PlannedRun) *Plan {
	t.Helper()
	p, err := NewPlan(name, runs, 16, nil, "", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Submit(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return p
}

func logged(t testing.TB, who string) func(string) {
	if !testing.Verbose() {
		return nil
	}
	return func(text string) { fmt.Printf("%s: %s: %s\n", t.Name(), who, text) }
}

// worked lets workers work until there is nothing left to do.
func worked(t testing.TB, b *Bus, paths map[string]string, names ...string) {
	t.Helper()
	done := make(chan error)
	for _, name := range names {
		go func() {
			done <- Work(t.Context(), b, WorkOptions{Name: name, Paths: paths, Idle: 3 * time.Second, Log: logged(t, name)})
		}()
	}
	for range names {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// alone makes the same run in one piece.
func alone(t testing.TB, o campaign.Options, path string) string {
	t.Helper()
	o.Path = path
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := campaign.Run(t.Context(), o, dir, campaign.Watch{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func merged(t testing.TB, b *Bus, name string) (string, campaign.Report) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	list, err := b.Merge(t.Context(), name, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("%d runs", len(list))
	}
	return dir, list[0].Report
}

var times = []struct {
	form *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`"(elapsed_seconds|wall_seconds|compile_seconds)":[0-9.e+-]+`), `"$1":0`},
	{regexp.MustCompile(`(?m)^  "seconds": [0-9.e+-]+`), `  "seconds": 0`}, // of a finding
	{regexp.MustCompile(`,"sum":"[0-9a-f]+"`), ""},
	{regexp.MustCompile(`"device_seconds":\[[^]]*\],`), ""},
	{regexp.MustCompile(`"(ginstrs|gflops[a-z_]*)_per_second":[0-9.e+-]+,`), ""},
	{regexp.MustCompile(`"cached":(true|false)`), `"cached":false`},
	{regexp.MustCompile(`time="[0-9.]+"`), `time=""`},
	{regexp.MustCompile(`"peak_flops": [0-9.e+-]+`), `"peak_flops": 0`}, // measured
}

// told is a run directory without times and without its own place: a text for each file.
func told(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		switch name {
		case "log", "report.html", "bench.txt": // times all over; bench.txt and the page follow from results.jsonl
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(data), dir, "DIR")
		for _, one := range times {
			text = one.form.ReplaceAllString(text, one.to)
		}
		if name == "results.jsonl" {
			lines := strings.Split(text, "\n")
			slices.Sort(lines)
			text = strings.Join(lines, "\n")
		}
		files[name] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// same fails where two run directories differ in more than times.
func same(t testing.TB, got, want string) {
	t.Helper()
	a, b := told(t, got), told(t, want)
	for name, text := range b {
		if other, ok := a[name]; !ok {
			t.Errorf("%s is missing", name)
		} else if other != text {
			t.Errorf("%s differs: %s", name, difference(other, text))
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			t.Errorf("%s is too much", name)
		}
	}
}

func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n got %.400s\nwant %.400s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, %d wanted", len(a), len(b))
}

const additive = `fault:wrong?when=mask.kind=="additive"`

// What several workers do is what one machine does, apart from times.
func TestACampaignIsTheRunOfOneMachine(t *testing.T) {
	for name, c := range map[string]struct {
		path    string
		options func(*campaign.Options)
	}{
		"passes":    {"naive", func(*campaign.Options) {}},
		"a-trigger": {additive, func(*campaign.Options) {}},
		"kinds":     {`fault:stale?every=9`, func(o *campaign.Options) { o.Triggers = false }},
		"refuses":   {`fault:declines?when=mask.kind!="causal"`, func(o *campaign.Options) { o.Relations = 2 }},
		"peels":     {additive, func(o *campaign.Options) { o.Peel = true }},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "peels" { // which finds, reduces and goes on
				t.Skip("make test runs it")
			}
			t.Parallel()
			o := small(100)
			c.options(&o)
			_, b := served(t, ServerOptions{})
			submitted(t, b, name, o, PlannedRun{Path: "mine"})
			worked(t, b, map[string]string{"mine": c.path}, "one", "two")
			dir, _ := merged(t, b, name)
			same(t, dir, alone(t, o, c.path))
		})
	}
}

// Case files are replayed by many as by one: kept failures fail as they did, or pass.
func TestACorpusIsReplayed(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	failed := alone(t, small(40), additive)
	files, damaged := corpus.Load(filepath.Join(failed, "failures"))
	if len(damaged) > 0 || len(files) < 5 {
		t.Fatal(len(files), damaged)
	}
	_, b := served(t, ServerOptions{})
	o := small(0)
	p, err := NewReplay("files", []PlannedRun{{Path: "wrong"}, {Path: "right"}}, 16, nil, "", o, files)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Submit(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	worked(t, b, map[string]string{"wrong": additive, "right": "naive"}, "one", "two")
	list, err := b.Merge(t.Context(), "files", filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range []string{additive, "naive"} {
		want, err := campaign.Replay(t.Context(), campaign.ReplayOptions{Items: files, Conditions: campaign.Conditions{
			Path: path, Deadline: time.Minute, Override: campaign.Override{Path: true, Deadline: true, Isolate: true, Memory: true},
		}})
		if err != nil {
			t.Fatal(err)
		}
		got := list[i].Summary
		if got.Passed != want.Passed || got.Failed != want.Failed || got.Cases != len(files) || got.Interrupted {
			t.Errorf("%s: %d passed, %d failed of %d; want %d and %d of %d", path, got.Passed, got.Failed, got.Cases, want.Passed, want.Failed, len(files))
		}
	}
	if list[0].Summary.Failed == 0 || list[1].Summary.Failed != 0 {
		t.Errorf("%d failed on the wrong path, %d on the right one", list[0].Summary.Failed, list[1].Summary.Failed)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
