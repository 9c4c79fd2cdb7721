package harness_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tenLines are the lines of README.md that make an implementation a path.
func tenLines(t *testing.T, checkout string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout, "README.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Test your own implementation\n")
	require.True(t, found, "README.md has its section")
	var lines []string
	for line := range strings.Lines(section) {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented:
			lines = append(lines, code)
		case strings.TrimSpace(line) == "" && len(lines) > 0:
			lines = append(lines, "\n")
		case len(lines) > 0:
			return strings.Join(lines, "")
		}
	}
	t.Fatal("README.md: no lines of code in the section")
	return ""
}

// external makes a module beside this one that requires it, with the lines of README.md and an implementation to them.
func external(t *testing.T) (root string) {
	t.Helper()
	checkout, err := filepath.Abs("..")
	require.NoError(t, err)
	root = t.TempDir()
	folder := filepath.Join(root, "attn")
	require.NoError(t, os.Mkdir(folder, 0o755))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o644))
	}
	for _, name := range []string{"attention.go", "more_test.go"} {
		text, err := os.ReadFile(filepath.Join("testdata", "external", "attn", name+".txt"))
		require.NoError(t, err)
		write("attn/"+name, string(text))
	}
	write("attn/mine_test.go", "package attn\n\nimport (\n\t\"context\"\n\t\"testing\"\n\n\t\"attest.example/attest/harness\"\n)\n\n"+tenLines(t, checkout))
	sums, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	require.NoError(t, err)
	write("go.sum", string(sums))
	require.NoError(t, os.CopyFS(filepath.Join(root, "corpus"), os.DirFS(filepath.Join(checkout, "corpus"))))
	requires, err := os.ReadFile(filepath.Join(checkout, "go.mod")) // the same versions, which are at hand
	require.NoError(t, err)
	write("go.mod", strings.Replace(string(requires), "module attest.example/attest", "module your.example/own", 1))
	inside(t, root, 0, "go", "mod", "edit", "-require=attest.example/attest@v0.0.0", "-replace=attest.example/attest="+checkout)
	return root
}

// inside runs a command in the module and returns what it printed.
func inside(t *testing.T, root string, want int, command string, args ...string) string {
	t.Helper()
	c := exec.Command(command, args...)
	c.Dir = root
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "PWD="+root)
	out, err := c.CombinedOutput()
	if want == 0 {
		require.NoError(t, err, "%s", out)
	}
	require.Equal(t, want, c.ProcessState.ExitCode(), "%s", out)
	return string(out)
}

var pasted = regexp.MustCompile(`(?m)^ *(ATTEST_REPLAY=\S+ .*)$`)

func TestAnotherModuleUsesThisOne(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module of its own")
	}
	root := external(t)
	inside(t, root, 0, "go", "test", "-c", "-o", "attn/attn.test", "./attn") // linked once; the lines that are pasted run go test
	folder := filepath.Join(root, "attn")
	out := inside(t, folder, 0, "./attn.test", "-test.v", "-test.run", "TestMine|TestReplay|TestProperty|FuzzMine")
	for _, name := range []string{"TestMine", "TestReplay", "TestProperty", "FuzzMine"} {
		require.Contains(t, out, "--- PASS: "+name+" ", name)
	}
	require.Regexp(t, `attest: [4-5]\d\d cases conform`, out)

	// Each way to a failure prints the same, and its line, pasted in the module's root, shows the same words.
	for _, name := range []string{"TestWrong", "TestWrongProperty", "FuzzWrong"} {
		out := inside(t, folder, 1, "./attn.test", "-test.run", "^"+name+"$")
		words := regexp.MustCompile(`attest:\s+((?:numeric|special): out\[\S+ is \S+)`).FindStringSubmatch(out)
		require.NotNil(t, words, out)
		require.Contains(t, out, "batch 1, heads 2, q_len 1, kv_len 1, head_dim 1", name)
		require.Contains(t, out, `"heads": 2`, name)
		require.Regexp(t, `(?m)^ *ATTEST_REDUCE=\S+ go test -count=1 -run '\^`+name+`\$' your.example/own/attn$`, out)
		line := pasted.FindStringSubmatch(out)
		require.NotNil(t, line, out)
		second := inside(t, root, 1, "sh", "-c", line[1])
		require.Contains(t, unwrapped(second), words[1], name)
		require.Regexp(t, `(?m)FAIL: `+name+` `, second)
	}
}

// unwrapped takes back the lines that gopter breaks.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// copied is what git knows of this checkout, as it lies here, in another folder.
func copied(t *testing.T) (root string) {
	t.Helper()
	checkout, err := filepath.Abs("..")
	require.NoError(t, err)
	names, err := exec.Command("git", "-C", checkout, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("git cannot list this checkout: %v", err)
	}
	root = t.TempDir()
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		from, to := filepath.Join(checkout, name), filepath.Join(root, name)
		info, err := os.Lstat(from)
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		if info.Mode()&os.ModeSymlink != 0 {
			target, err := os.Readlink(from)
			require.NoError(t, err)
			require.NoError(t, os.Symlink(target, to))
			continue
		}
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, text, info.Mode().Perm()))
	}
	return root
}

func TestTheModuleTakesAnotherPath(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a third of the module under another path")
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("needs make")
	}
	root := copied(t)
	for _, bad := range []string{"", "/absolute", "two words", "tail/", "a//b"} {
		require.Contains(t, inside(t, root, 2, "make", "module", "MODULE="+bad), "want a module's path")
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	old := strings.Fields(string(text))[1]
	require.Contains(t, inside(t, root, 0, "make", "module", "MODULE=example.org/their-own/attest.v2"), "it was "+old)
	out, _ := exec.Command("grep", "-rIl", old, root).CombinedOutput()
	require.Empty(t, string(out), "the old path is nowhere")
	require.Empty(t, strings.TrimSpace(inside(t, root, 0, "gofmt", "-l", "harness", "metal", "reference")))
	// Every import of every package and test is there and allowed, and the third of them that needs no C builds and works.
	inside(t, root, 0, "go", "list", "-deps", "-test", "./...")
	require.Contains(t, inside(t, root, 0, "go", "test", "-v", "-run", "^TestConformPasses$", "./harness"), "--- PASS: TestConformPasses")
}
