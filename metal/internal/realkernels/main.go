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
	"attest.example/attest/metal/plainfile"
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
	jobs := f.Int("jobs", 2, "compilers that run at once")
	piece := f.Int("piece", 100, "`kernels` of a text that one compiler makes: a text with more of them is built in pieces")
	deadline := f.Duration("deadline", 10*time.Minute, "`time` that one piece of a text may take")
	noCode := f.Bool("no-code", false, "stop before code is made: what clang takes of each text and what it refuses, in a fraction of the time")
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
	if *piece <= 0 {
		fmt.Fprintf(os.Stderr, "-piece %d: it must be more than 0, such as 100\n", *piece)
		os.Exit(2)
	}
	failed, err := table(folders[0], text, *only, &builder{noCode: *noCode, piece: *piece, deadline: *deadline, turn: make(chan bool, max(*jobs, 1)), told: progress{to: os.Stderr}}, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

func table(dir string, text msl.Program, only string, b *builder, verbose bool) (failed bool, err error) {
	filter, err := regexp.Compile(only)
	if err != nil {
		return false, fmt.Errorf("-only: %w", err)
	}
	files, err := texts(dir, filter)
	if err != nil {
		return false, err
	}
	if b.compiler, err = msl.New(msl.Options{Deadline: b.deadline}); err != nil {
		return false, err
	}
	defer b.compiler.Close()
	results := make([]*result, len(files))
	b.told.of = len(files)
	var all sync.WaitGroup
	for i, file := range files {
		all.Go(func() {
			results[i] = b.text(text, file)
			b.told.text(results[i], dir, file)
		})
	}
	all.Wait()
	fmt.Printf("%s%s\n", commit(dir), b.far())
	fmt.Printf("| text | kernels | left out | seconds |\n|---|---|---|---|\n")
	var sum result
	texts := 0
	for _, r := range results {
		if r == nil {
			continue // no kernel
		}
		fmt.Println(r.row(dir))
		if r.wrong == "" {
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

// row is a text's row of the table.
func (r *result) row(dir string) string {
	name, err := filepath.Rel(dir, r.file)
	if err != nil {
		name = r.file
	}
	if r.wrong != "" {
		return fmt.Sprintf("| %s | refused: %s |||", name, r.wrong)
	}
	seconds := fmt.Sprintf("%.1f", r.seconds)
	if r.cached {
		seconds = "cached"
	}
	return fmt.Sprintf("| %s | %d | %d | %s |", name, r.kernels, r.skipped, seconds)
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

// builder builds texts, some pieces at once.
type builder struct {
	compiler *msl.Compiler
	noCode   bool          // clang's front end decides
	piece    int           // kernels of a piece
	deadline time.Duration // of a piece
	turn     chan bool     // as many as run at once
	told     progress
}

// text builds a text with a value for each function constant, so that no kernel lacks one: true, or 1. It is nil where the
// text has no kernel.
func (b *builder) text(p msl.Program, file string) *result {
	r := &result{file: file}
	source, err := plainfile.Read(file, plainfile.MaxText)
	if err != nil {
		r.wrong = err.Error()
		return r
	}
	p.Source, p.File = string(source), file
	offered, err := b.offered(p)
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
	made := make([]piece, max(1, (len(offered.Entries)+b.piece-1)/b.piece))
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			b.turn <- true
			defer func() { <-b.turn }()
			made[i] = b.build(p, msl.Piece{Index: i, Of: len(made)})
			b.told.piece(made[i], file, i, len(made))
		})
	}
	all.Wait()
	r.add(made)
	return r
}

func (b *builder) offered(p msl.Program) (*msl.Reflection, error) {
	b.turn <- true
	defer func() { <-b.turn }()
	ctx, cancel := context.WithTimeout(context.Background(), b.deadline)
	defer cancel()
	return b.compiler.Reflect(ctx, p)
}

// far says how far texts are built, where that is not all the way.
func (b *builder) far() string {
	if b.noCode {
		return ", no code made"
	}
	return ""
}

// piece is what became of a piece of a text.
type piece struct {
	msl.Accepted
	cached  bool
	err     error
	seconds float64
}

func (b *builder) build(p msl.Program, which msl.Piece) piece {
	ctx, cancel := context.WithTimeout(context.Background(), b.deadline)
	defer cancel()
	p.Piece = which
	start := time.Now()
	var made piece
	if b.noCode {
		accepted, err := b.compiler.Accept(ctx, p)
		if made.err = err; err == nil {
			made.Accepted = *accepted
		}
	} else {
		module, err := b.compiler.Build(ctx, p)
		if made.err = err; err == nil {
			made.Accepted, made.cached = msl.Accepted{Entries: module.Entries, Skipped: module.Skipped}, module.Cached
		}
	}
	made.seconds = time.Since(start).Seconds()
	return made
}

// add adds up the pieces of a text. One piece that could not be built is a text that could not.
func (r *result) add(made []piece) {
	r.cached = true
	left := map[string]bool{}
	for i, m := range made {
		r.seconds += m.seconds
		if m.err != nil {
			if r.wrong = first(m.err); len(made) > 1 {
				r.wrong = fmt.Sprintf("piece %d of %d: %s", i, len(made), r.wrong)
			}
			continue
		}
		r.kernels += len(m.Entries)
		r.cached = r.cached && m.cached
		for _, s := range m.Skipped {
			if !left[s.Name] { // a piece may tell of kernels that are in none
				left[s.Name] = true
				r.left = append(r.left, s)
			}
		}
	}
	r.skipped = len(r.left)
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
