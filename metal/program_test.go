package metal_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program compiles a C program of testdata; linked tells whether with the library, or only to load it by name.
func program(t *testing.T, source, library string, linked bool) string {
	t.Helper()
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	file := filepath.Join(t.TempDir(), "program")
	arguments := []string{"-std=gnu11", "-O1", "-Imfa", "-o", file, filepath.Join("testdata", source)}
	if linked {
		arguments = append(arguments, library, "-Wl,-rpath,"+filepath.Dir(library))
	}
	if out, err := exec.Command(compiler, append(arguments, "-ldl", "-lpthread")...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, out)
	}
	return file
}

func runProgram(t *testing.T, arguments ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	out, err := exec.CommandContext(ctx, arguments[0], arguments[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// A child of fork() has none of the library's threads: it is refused, and never hangs.
func TestAForkedChildIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	library := libmfaFile(t)
	out := runProgram(t, program(t, "forked.c", library, true))
	for _, call := range []string{"attend", "create", "destroy", "supported"} {
		if words := lineOf(out, call+": "); !strings.HasPrefix(words, "1 ") && !strings.HasPrefix(words, "5 ") || !strings.Contains(words, "forked") {
			t.Errorf("%s in a child: %q, want a refusal that says what it is", call, words)
		}
	}
	for _, call := range []string{"parent", "parent again"} {
		if words := lineOf(out, call+": "); words != "0" {
			t.Errorf("%s: %q, want 0", call, words)
		}
	}
}

func lineOf(out, prefix string) string {
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// Twenty contexts, one after another, in a library that is loaded five times, start one compiler for the one kernel.
func TestPipelinesOutliveContexts(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	library := libmfaFile(t)
	log := filepath.Join(t.TempDir(), "compilers")
	wrapper := filepath.Join(t.TempDir(), "attest")
	script := "#!/bin/sh\necho started >> " + log + "\nexec " + os.Getenv("ATTEST_MSL") + " \"$@\"\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ATTEST_MSL", wrapper)
	runProgram(t, program(t, "rounds.c", library, false), library)
	started, err := os.ReadFile(log)
	if n := strings.Count(string(started), "started"); err != nil || n != 1 {
		t.Errorf("%d compilers were started (%v), want 1", n, err)
	}
}

// A program that is killed while it waits for the compiler leaves the kernel's text, and the next compiler removes it.
func TestAKilledProgramLeavesNoText(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	library, wrapper, temporary := libmfaFile(t), filepath.Join(t.TempDir(), "attest"), t.TempDir()
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\nkill -9 $PPID\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	rounds := program(t, "rounds.c", library, false)
	run := func(compiler string) error {
		ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
		defer stop()
		c := exec.CommandContext(ctx, rounds, library)
		c.Env = append(os.Environ(), "ATTEST_MSL="+compiler, "TMPDIR="+temporary)
		return c.Run()
	}
	left := func() []string {
		list, err := filepath.Glob(filepath.Join(temporary, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if err := run(wrapper); err == nil {
		t.Fatal("it was not killed")
	}
	if len(left()) != 1 {
		t.Fatalf("%v is left; want the kernel's text, else nothing is tested", left())
	}
	if err := run(os.Getenv("ATTEST_MSL")); err != nil {
		t.Fatal(err)
	}
	if len(left()) != 0 {
		t.Errorf("%v is left", left())
	}
}
