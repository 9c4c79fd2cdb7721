// Command realkernels compiles every Metal text with a compute kernel below a folder, whole, and prints a table: what
// became of the kernels of a project at hand. It runs none of them. `make real-kernels DIR=...` calls it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"

	"attest.example/attest/metal/cmdline"
	"attest.example/attest/metal/internal/msl"
)

// result is what became of one text.
type result struct {
	file             string
	kernels, skipped int
	seconds          float64
	cached           bool
	wrong            string // why nothing was built
	left             []msl.Skipped
}

func main() {
	f := cmdline.New("realkernels")
	var text msl.Program
	msl.AddSourceFlags(f, &text)
	only := f.String("only", "", "only texts whose path matches this `expression`")
	jobs := f.Int("jobs", 2, "texts compiled at once")
	deadline := f.Duration("deadline", 30*time.Minute, "`time` that one text may take")
	verbose := f.Bool("v", false, "say why each kernel was left out")
	folders, status, done := cmdline.Arguments(f, "[flags] FOLDER, or make real-kernels DIR=FOLDER [FLAGS=...]", 1, 1, os.Args[1:], os.Stdout, os.Stderr)
	if done {
		os.Exit(status)
	}
	if folders[0] == "" {
		fmt.Fprintln(os.Stderr, "realkernels: no FOLDER is given: make real-kernels DIR=FOLDER [FLAGS=...]")
		os.Exit(2)
	}
	if *deadline <= 0 {
		fmt.Fprintf(os.Stderr, "-deadline %v: it must be more than 0, such as 90s or 10m\n", *deadline)
		os.Exit(2)
	}
	failed, err := table(folders[0], text, *only, *jobs, *deadline, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

func table(dir string, text msl.Program, only string, jobs int, deadline time.Duration,
	verbose bool,
) (failed bool, err error) {
	filter, err := regexp.Compile(only)
	if err != nil {
		return false, fmt.Errorf("-only: %w", err)
	}
	files, err := texts(dir, filter)
	if err != nil {
		return false, err
	}
	compiler, err := msl.New(msl.Options{Deadline: deadline}) // of a whole text, that is
	if err != nil {
		return false, err
	}
	defer compiler.Close()
	results := make([]*result, len(files))
	var all sync.WaitGroup
	turn := make(chan bool, max(jobs, 1))
	for i, file := range files {
		all.Go(func() {
			turn <- true
			defer func() { <-turn }()
			results[i] = compile(compiler, text, file, deadline)
		})
	}
	all.Wait()
	fmt.Printf("%s\n", commit(dir))
	fmt.Printf("| text | kernels | left out | seconds |\n|---|---|---|---|\n")
	var sum result
	texts := 0
	for _, r := range results {
		if r == nil {
			continue // no kernel
		}
		name, _ := filepath.Rel(dir, r.file)
		seconds := fmt.Sprintf("%.1f", r.seconds)
		if r.cached {
			seconds = "cached"
		}
		switch {
		case r.wrong != "":
			fmt.Printf("| %s | refused: %s |||\n", name, r.wrong)
		default:
			fmt.Printf("| %s | %d | %d | %s |\n", name, r.kernels, r.skipped, seconds)
			texts++
		}
		if verbose {
			for _, s := range r.left {
				fmt.Printf("    %s: %s\n", s.Name, s.Reason)
			}
		}
		sum.kernels += r.kernels
		sum.skipped += r.skipped
		sum.seconds += r.seconds
		failed = failed || r.wrong != "" || r.skipped > 0
	}
	fmt.Printf("| %d texts | %d | %d | %.1f |\n", texts, sum.kernels, sum.skipped, sum.seconds)
	return failed, nil
}

// texts are the .metal files below a folder, in order.
func texts(dir string, filter *regexp.Regexp) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".metal" && filter.MatchString(path) {
			files = append(files, path)
		}
		return err
	})
	sort.Strings(files)
	return files, err
}

// compile builds a text with a value for each function constant, so that no kernel lacks one: true, or 1.
func compile(compiler *msl.Compiler, p msl.Program, file string, deadline time.Duration) *result {
	r := &result{file: file}
	source, err := os.ReadFile(file)
	if err != nil {
		r.wrong = err.Error()
		return r
	}
	p.Source, p.File = string(source), file
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	offered, err := compiler.Reflect(ctx, p)
	if err != nil {
		r.wrong = first(err)
		return r
	}
	if len(offered.Entries) == 0 && len(offered.Refused) == 0 {
		return nil
	}
	for _, c := range offered.Constants {
		t, err := msl.ParseScalar(c.Type)
		if err != nil || c.Optional {
			continue
		}
		one, err := msl.ParseConstant(fmt.Sprintf("%d:%s=1", c.Index, t))
		if err == nil {
			p.Constants = append(p.Constants, one)
		}
	}
	start := time.Now()
	m, err := compiler.Build(ctx, p)
	r.seconds = time.Since(start).Seconds()
	if err != nil {
		r.wrong = first(err)
		return r
	}
	r.kernels, r.skipped, r.left, r.cached = len(m.Entries), len(m.Skipped), m.Skipped, m.Cached
	return r
}

// first is the first line of an error, its file's folder left out.
func first(err error) string {
	var compile *msl.CompileError
	if errors.As(err, &compile) && len(compile.Diagnostics) > 0 {
		d := compile.Diagnostics[0]
		return fmt.Sprintf("%s:%d: %s", filepath.Base(d.File), d.Line, d.Message)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// commit names the checkout, where it is one.
func commit(dir string) string {
	out, err := exec.Command("git", "-C", dir, "log", "-1", "--format=%H of %cs").Output()
	if err != nil {
		return "no checkout of git"
	}
	return "commit " + strings.TrimSpace(string(out))
}
