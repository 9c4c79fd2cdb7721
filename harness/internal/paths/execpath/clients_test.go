package execpath

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

const clientsFolder = "../../../../examples"

// clients are those of the examples: how to build the program, and a wrong reading of int4 in the text of the client.
var clients = map[string]struct {
	text          string // of the client, from examples
	find, replace string // plants the fault
	command       func(t *testing.T, folder string) string
}{
	"c": {"c/attest_client.h", "(c % 2 * 4)", "(4 - c % 2 * 4)", func(t *testing.T, folder string) string {
		if _, err := exec.LookPath("cc"); err != nil {
			t.Skip("no C compiler")
		}
		return build(t, folder, "cc", "-std=c11", "-O2", "-o", filepath.Join(folder, "client"), filepath.Join(folder, "c/naive.c"), "-lm")
	}},
	"go": {"go/attestclient/client.go", "(c%2*4)", "(4-c%2*4)", func(t *testing.T, folder string) string {
		main := filepath.Join(folder, "go/main.go")
		text, err := os.ReadFile(main)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(main, []byte(strings.Replace(string(text), "attest.example/attest/examples/go/attestclient", "client/attestclient", 1)), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "go/go.mod"), []byte("module client\n\ngo 1.24\n"), 0o644))
		return build(t, filepath.Join(folder, "go"), "go", "build", "-o", filepath.Join(folder, "client"), ".")
	}},
	"python": {"python/attest_client.py", "[integers & 15, integers >> 4 & 15]", "[integers >> 4 & 15, integers & 15]", func(t *testing.T, folder string) string {
		for _, python := range []string{"python3", "/usr/bin/python3"} {
			if exec.Command(python, "-c", "import numpy").Run() == nil {
				return python + " " + filepath.Join(folder, "python/naive.py")
			}
		}
		t.Skip("no Python with numpy")
		return ""
	}},
}

func build(t *testing.T, folder string, command ...string) string {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir = folder
	c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	return clientIn(command)
}

// clientIn is what follows -o.
func clientIn(command []string) string {
	for i, word := range command {
		if word == "-o" {
			return command[i+1]
		}
	}
	return ""
}

func openClient(t *testing.T, name string, fault bool) *Path {
	t.Helper()
	x, folder := clients[name], t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(clientsFolder, name))))
	if fault {
		file := filepath.Join(folder, x.text)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(text), x.find)
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), x.find, x.replace, 1)), 0o644))
	}
	command := x.command(t, folder)
	p, err := Open(t.Context(), "exec:"+command, command)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// clientCases are of k and v of integers, and with extents of 0.
func clientCases(t *testing.T, p *Path, n int) (list []cases.Case) {
	t.Helper()
	const rest = " q_len=1-4 kv_len=1-40 heads=1-4 batch=1-2 paging.page=0"
	seen := map[string]int{}
	for i, conditions := range []string{
		"quant.k=int8,int4,q8_0,q4_0 quant.v=int8,int4,q8_0,q4_0" + rest,
		"quant.k=int8,int4 quant.v=int8,int4 quant.scales=block,head quant.zero_points=true quant.fill=apart,ends,fitted" + rest,
		"batch=0", "q_len=0", "kv_len=0",
	} {
		var f gen.Filter
		for _, condition := range strings.Fields(conditions) {
			name, values, _ := strings.Cut(condition, "=")
			require.NoError(t, f.Set(name, values))
		}
		s, err := gen.NewStream(gen.Default, 3, f)
		require.NoError(t, err)
		wanted := len(list) + n
		if i > 1 {
			wanted = len(list) + 8
		}
		for j := 0; len(list) < wanted; j++ {
			require.Less(t, j, 40*n)
			c, err := s.Case(j)
			require.NoError(t, err)
			c.After, c.Call = nil, cases.Call{}
			if paths.Supports(p, c) != nil {
				continue
			}
			list = append(list, c)
			for _, what := range []string{string(c.Quant.K), string(c.Quant.V), "scales " + string(c.Quant.Scales)} {
				seen[what]++
			}
		}
	}
	for _, what := range []string{"int8", "int4", "q8_0", "q4_0", "scales block", "scales head"} {
		require.NotZero(t, seen[what], "%s among %v", what, seen)
	}
	return list
}

// TestClientsReadIntegersAndExtentsOfZero: the example of each language passes 60 quantised cases and some without batch, rows
// or keys; with the halves of a byte changed in its client it fails.
func TestClientsReadIntegersAndExtentsOfZero(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for name := range clients {
		t.Run(name, func(t *testing.T) {
			p := openClient(t, name, false)
			list, passed := clientCases(t, p, 35), 0
			for _, c := range list {
				o, err := trial.Run(context.Background(), p, c, trial.Options{})
				require.NoError(t, err)
				require.False(t, o.Verdict.Kind.Fails(), "%s: %s", cases.Describe(c), o.Verdict.Reason)
				if o.Verdict.Kind == verdict.Pass && c.Quant.Any() {
					passed++
				}
			}
			require.GreaterOrEqual(t, passed, 60)
			wrong, failed := openClient(t, name, true), 0
			for _, c := range list {
				o, err := trial.Run(context.Background(), wrong, c, trial.Options{})
				require.NoError(t, err)
				if o.Verdict.Kind.Fails() {
					require.True(t, c.Quant.K == cases.Int4 || c.Quant.V == cases.Int4, "%s: %s", cases.Describe(c), o.Verdict.Reason)
					failed++
				}
			}
			require.NotZero(t, failed)
		})
	}
}
