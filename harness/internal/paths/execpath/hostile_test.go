package execpath

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

var itoa = strconv.Itoa

func small(t testing.TB, more string) cases.Case {
	t.Helper()
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":2,"kv_len":3,"head_dim":4,"input":"fp32"` + more + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clientLine is the command line of a client of this test binary.
func clientLine(t testing.TB, kind string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ATTEST_TEST_CLIENT", kind)
	return "exec '" + self + "'"
}

// Whatever a program does wrong has a verdict and words, in a worker as in this process, and the next call finds a
// program again.
func TestWhatAProgramDoesWrong(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for kind, want := range map[string]struct {
		verdict verdict.Kind
		words   string
	}{
		"wrong shape":                         {verdict.Error, "out has the shape [1 2 3]; want [1 1 2 4]"},
		"wrong type":                          {verdict.Error, "out is F16; want F32"},
		"wrong type of the same name":         {verdict.Error, "out is BF16; want F32"},
		"a key twice":                         {verdict.Error, "bytes"},
		"a key twice, each right":             {verdict.Error, "id"},
		"a tensor twice":                      {verdict.Error, "are no safetensors"},
		"tensors that overlap":                {verdict.Error, "are no safetensors"},
		"a hole between tensors":              {verdict.Error, "are no safetensors"},
		"a tensor that ends before it begins": {verdict.Error, "are no safetensors"},
		"a shape past all numbers":            {verdict.Error, "are no safetensors"},
		"a header of 2^63 bytes":              {verdict.Error, "are no safetensors"},
		"a header longer than the answer":     {verdict.Error, "are no safetensors"},
		"negative bytes":                      {verdict.Error, "bytes"},
		"time runs back":                      {verdict.Error, "device_seconds"},
		"no output":                           {verdict.Error, "the answer holds no tensors"},
		"other name":                          {verdict.Error, `holds a tensor "o"; want out`},
		"no tensors":                          {verdict.Error, "are no safetensors"},
		"NaN in JSON":                         {verdict.Error, "is not what the protocol wants"},
		"half a line":                         {verdict.Crash, "ended with exit status 0 in the middle of its answer"},
		"half an answer":                      {verdict.Crash, "exit status 0 in the middle of its answer (4 of 4000 bytes"},
		"stalls in an answer":                 {verdict.Hang, ""},
		"too much":                            {verdict.Error, "announces 99999999999 bytes"},
		"an answer too many":                  {verdict.Error, "an answer too many"},
		"answers another call":                {verdict.Error, "it answered call"},
		"prints without end":                  {verdict.Error, "printed more than"},
		"a line without end":                  {verdict.Error, "a line of more than"},
		"is slow":                             {verdict.Hang, ""},
		"dies":                                {verdict.Crash, "exit status 3; its last words: out of registers"},
		"is killed":                           {verdict.Crash, "signal 9 (killed)"},
		"refuses":                             {verdict.Unsupported, "head_dim is too odd"},
		"errs":                                {verdict.Error, "launch failed; its last words: tile 3 does not fit"},
		"eats memory":                         {verdict.Crash, "more memory than its limit of 256 MiB"},
		"scribbles":                           {verdict.Guard, "changed its input k"},
		"shuts its output":                    {verdict.Crash, "signal 9"},
	} {
		t.Run(kind, func(t *testing.T) {
			name := "exec:" + clientLine(t, kind)
			p, err := worker.Open(context.Background(), worker.Options{Name: name, Memory: 256 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			rounds, deadline := 2, time.Minute // what was lost is there again, and a busy machine is no hang
			if want.verdict == verdict.Hang {
				rounds, deadline = 1, 2*time.Second
			}
			for round := range rounds {
				o, err := trial.Run(context.Background(), p, small(t, ""), trial.Options{Deadline: deadline})
				if kind == "an answer too many" && round == 0 {
					continue // seen when the next call is made
				}
				if err != nil {
					t.Fatal(err)
				}
				if o.Verdict.Kind != want.verdict || !strings.Contains(o.Verdict.Reason, want.words) {
					t.Errorf("round %d: %s: %s; want %s: ...%s...", round, o.Verdict.Kind, o.Verdict.Reason, want.verdict, want.words)
				}
			}
		})
	}
}

func TestAProgramThatPrintsIsNotMisread(t *testing.T) {
	p, err := Open(context.Background(), "exec:x", clientLine(t, "prints"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := small(t, `,"values":{"v":"zero"}`) // the program answers with zeros
	o, err := trial.Run(context.Background(), p, c, trial.Options{})
	if err != nil || o.Verdict.Kind != verdict.Pass {
		t.Fatalf("%+v, %v; want a pass", o.Verdict, err)
	}
	if words := p.program.words.all(); !strings.Contains(words, "loading the model") || !strings.Contains(words, "almost done") {
		t.Errorf("what it printed is not told: %q", words)
	}
}

// The order of tensors, in the header and behind it, is the program's.
func TestTensorsMayComeInAnyOrder(t *testing.T) {
	p, err := Open(context.Background(), "exec:x", clientLine(t, "answers in another order"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := small(t, `,"lse":true,"values":{"v":"zero"}`)
	c.KVLen = 1
	c.Values.Q = "zero"
	o, err := trial.Run(context.Background(), p, c, trial.Options{})
	if err != nil || o.Verdict.Kind != verdict.Pass {
		t.Fatalf("%+v, %v; want a pass", o.Verdict, err)
	}
}

func TestWrongHellos(t *testing.T) {
	for kind, words := range map[string]string{
		"speaks another protocol":      "hello.protocol is 9; this attest speaks 1",
		"supports a misspelt field":    "unknown name q_length",
		"declares no arithmetic":       "hello.arithmetic",
		"says an unknown word":         "determinstic",
		"declares an unknown format":   "fp8",
		"answers hello with an error":  "no GPU here",
		"answers hello with something": "holds no hello",
		"dies":                         "", // only later
	} {
		t.Run(kind, func(t *testing.T) {
			p, err := Open(context.Background(), "exec:x", clientLine(t, kind))
			if words == "" {
				if err != nil {
					t.Fatal(err)
				}
				p.Close()
				return
			}
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%v; want an error with %q", err, words)
			}
		})
	}
	for target, words := range map[string]string{
		"no-such-program-at-all":       "exit status 127",
		"exit 4":                       "exit status 4",
		"unix:/nowhere/at/all":         "no program listens there",
		"tcp://127.0.0.1:1":            "no program listens there",
		"tcp://192.0.2.1:80":           "only a program on this machine",
		"tcp:127.0.0.1":                "want tcp://127.0.0.1:PORT",
		"echo hello; sleep 0.1":        "exit status 0; its last words: printed on its standard output, which belongs to the protocol: hello",
		"echo '{\"attest\":1}' && cat": "it answered call 0",
		// As a JSON library has it that sorts members, or sets spaces. It was waited for until the time was over.
		"echo '{\"id\":1,\"attest\":1}' && cat":     `its answer {"id":1,"attest":1} does not begin with {"attest":1;`,
		"echo '{ \"attest\": 1, \"id\": 1}' && cat": `does not begin with {"attest":1;`,
	} {
		if _, err := Open(context.Background(), "exec:x", target); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v; want an error with %q", target, err, words)
		}
	}
}

// A program's children end with it, also where it hangs and is given up.
func TestWhatAProgramStartsEndsWithIt(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, inWorker := range []bool{true, false} {
		file := filepath.Join(t.TempDir(), "pid")
		t.Setenv("ATTEST_TEST_PID", file)
		line := clientLine(t, "forks")
		ctx := context.Background()
		if inWorker {
			p, err := worker.Open(ctx, worker.Options{Name: "exec:" + line})
			if err != nil {
				t.Fatal(err)
			}
			trial.Run(ctx, p, small(t, ""), trial.Options{Deadline: time.Second})
			p.Close()
		} else {
			p, err := Open(ctx, "exec:x", line)
			if err != nil {
				t.Fatal(err)
			}
			o, _ := trial.Run(ctx, p, small(t, ""), trial.Options{Deadline: time.Second})
			if o.Verdict.Kind != verdict.Hang {
				t.Errorf("%+v; want a hang", o.Verdict)
			}
			p.Close()
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(string(text))
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			if posix.Gone(pid) {
				pid = 0
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if pid != 0 {
			t.Errorf("in a worker %v: the grandchild %d lives on", inWorker, pid)
			posix.Kill(pid, syscall.SIGKILL)
		}
	}
}
