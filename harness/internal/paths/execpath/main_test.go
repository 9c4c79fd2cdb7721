package execpath

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/examples/go/attestclient"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/worker"
)

// The test binary is also the programs that it tests against, and the workers that they run in.
func TestMain(m *testing.M) {
	if kind := os.Getenv("ATTEST_TEST_CLIENT"); kind != "" && os.Getenv("ATTEST_EXEC") != "" {
		client(kind)
		return
	}
	worker.Main(func(ctx context.Context, name string) (paths.Path, error) {
		return Open(ctx, name, strings.TrimPrefix(name, "exec:"))
	})
	os.Exit(m.Run())
}

// client is a program that does one thing wrong, on the second problem that it gets: the first is answered well.
func client(kind string) {
	if kind == "good" || kind == "refuses" || kind == "errs" || kind == "scribbles" || kind == "timers" {
		attestclient.Serve(attestclient.Hello{Name: kind}, func(p *attestclient.Problem) error {
			switch kind {
			case "refuses":
				return attestclient.Unsupported("head_dim is too odd")
			case "errs":
				fmt.Fprintln(os.Stderr, "tile 3 does not fit")
				return fmt.Errorf("launch failed")
			case "scribbles":
				p.Tensors["k"].Set(0, 0, 0, 0, 7)
			case "timers":
				if late, err := posix.TimersLate(); err != nil || late > 100*time.Microsecond {
					return fmt.Errorf("timers may be %v late (%v)", late, err)
				}
			}
			return textbook(p)
		})
		return
	}
	in := newLines(os.Stdin)
	for n := 0; ; n++ {
		r, ok := in.next()
		if !ok {
			return
		}
		if h := hellos[kind]; n == 0 && h != "" {
			fmt.Printf("{\"attest\":1,\"id\":%d,%s}\n", r.ID, h)
			continue
		}
		if n == 0 {
			fmt.Printf("{\"attest\":1,\"id\":%d,\"hello\":{\"protocol\":1,\"name\":%q}}\n", r.ID, kind)
			continue
		}
		wrong[kind](r, n)
	}
}

type incoming struct {
	ID      int `json:"id"`
	Bytes   int `json:"bytes"`
	Problem struct {
		Tensors map[string]*attestclient.Tensor `json:"tensors"`
	} `json:"problem"`
}

// good writes an answer of zeros, or what replaces parts of it.
func good(r incoming, out string) {
	payload := zeros("out", "F32", r.Problem.Tensors["out"].Shape[:])
	fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":%d%s}\n%s", r.ID, len(payload), out, payload)
}

func zeros(name, dtype string, shape []int) string {
	n := map[string]int{"F32": 4, "F16": 2, "BF16": 2}[dtype]
	for _, s := range shape {
		n *= s
	}
	header, _ := json.Marshal(map[string]any{name: map[string]any{"dtype": dtype, "shape": shape, "data_offsets": []int{0, n}}})
	length := len(header)
	return string([]byte{byte(length), byte(length >> 8), 0, 0, 0, 0, 0, 0}) + string(header) + strings.Repeat("\x00", n)
}

// sendTensors answers with a header of its own making and so many bytes behind it.
func sendTensors(r incoming, header string, n int) {
	payload := string([]byte{byte(len(header)), byte(len(header) >> 8), 0, 0, 0, 0, 0, 0}) + header + strings.Repeat("\x00", n)
	fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":%d}\n%s", r.ID, len(payload), payload)
}

// hellos are the ones that are wrong.
var hellos = map[string]string{
	"speaks another protocol":      `"hello":{"protocol":9,"name":"x"}`,
	"supports a misspelt field":    `"hello":{"protocol":1,"name":"x","supports":[{"when":"q_length > 3"}]}`,
	"declares no arithmetic":       `"hello":{"protocol":1,"name":"x","arithmetic":{"exp_ulp":-1}}`,
	"says an unknown word":         `"hello":{"protocol":1,"name":"x","determinstic":true}`,
	"declares an unknown format":   `"hello":{"protocol":1,"name":"x","arithmetic":{"scores":"fp8"}}`,
	"answers hello with an error":  `"error":"no GPU here"`,
	"answers hello with something": `"unsupported":"x"`,
}

var wrong = map[string]func(r incoming, n int){
	"wrong shape": func(r incoming, n int) {
		payload := zeros("out", "F32", []int{1, 2, 3})
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":%d}\n%s", r.ID, len(payload), payload)
	},
	"wrong type": func(r incoming, n int) {
		payload := zeros("out", "F16", r.Problem.Tensors["out"].Shape[:])
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":%d}\n%s", r.ID, len(payload), payload)
	},
	"wrong type of the same name": func(r incoming, n int) { // as a kernel answers that forgot to convert back
		payload := zeros("out", "BF16", r.Problem.Tensors["out"].Shape[:])
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":%d}\n%s", r.ID, len(payload), payload)
	},
	"a key twice":             func(r incoming, n int) { good(r, `,"bytes":0`) },
	"a key twice, each right": func(r incoming, n int) { good(r, fmt.Sprintf(`,"id":%d`, r.ID)) },
	"a tensor twice": func(r incoming, n int) {
		sendTensors(r, `{"out":{"dtype":"F32","shape":[1,1,2,4],"data_offsets":[0,32]},"out":{"dtype":"F32","shape":[1,1,2,4],"data_offsets":[0,32]}}`, 32)
	},
	"tensors that overlap": func(r incoming, n int) {
		sendTensors(r, `{"lse":{"dtype":"F32","shape":[1,1,2,1],"data_offsets":[0,8]},"out":{"dtype":"F32","shape":[1,1,2,4],"data_offsets":[0,32]}}`, 32)
	},
	"a hole between tensors": func(r incoming, n int) {
		sendTensors(r, `{"out":{"dtype":"F32","shape":[1,1,2,4],"data_offsets":[8,40]}}`, 40)
	},
	"a tensor that ends before it begins": func(r incoming, n int) {
		sendTensors(r, `{"out":{"dtype":"F32","shape":[1,1,2,4],"data_offsets":[32,0]}}`, 32)
	},
	"a shape past all numbers": func(r incoming, n int) {
		sendTensors(r, `{"out":{"dtype":"F32","shape":[4294967296,4294967296,1,1],"data_offsets":[0,0]}}`, 0)
	},
	"a header of 2^63 bytes": func(r incoming, n int) {
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":40}\n\x00\x00\x00\x00\x00\x00\x00\x80%s", r.ID, strings.Repeat("\x00", 32))
	},
	"a header longer than the answer": func(r incoming, n int) {
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":40}\n\xff\x00\x00\x00\x00\x00\x00\x00%s", r.ID, strings.Repeat(" ", 32))
	},
	"negative bytes": func(r incoming, n int) { fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":-1}\n", r.ID) },
	"time runs back": func(r incoming, n int) { good(r, `,"device_seconds":[-1]`) },
	"no output":      func(r incoming, n int) { fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":0}\n", r.ID) },
	"other name": func(r incoming, n int) {
		p := zeros("o", "F32", []int{1})
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":%d}\n%s", r.ID, len(p), p)
	},
	"no tensors":  func(r incoming, n int) { fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":4}\nabcd", r.ID) },
	"NaN in JSON": func(r incoming, n int) { good(r, `,"device_seconds":[NaN]`) },
	"half a line": func(r incoming, n int) { fmt.Printf("{\"attest\":1,\"id\":%d,\"by", r.ID); os.Exit(0) },
	"half an answer": func(r incoming, n int) {
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":4000}\nabcd", r.ID)
		os.Exit(0)
	},
	"stalls in an answer": func(r incoming, n int) {
		fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":4000}\nabcd", r.ID)
		time.Sleep(time.Hour)
	},
	"too much":             func(r incoming, n int) { fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":99999999999}\n", r.ID) },
	"an answer too many":   func(r incoming, n int) { good(r, ""); good(r, "") },
	"answers another call": func(r incoming, n int) { r.ID += 5; good(r, "") },
	"prints":               func(r incoming, n int) { fmt.Println("loading the model"); fmt.Print("almost done "); good(r, "") },
	"answers in another order": func(r incoming, n int) { // lse first, as its name and its bytes go
		sendTensors(r, `{"out":{"dtype":"F32","shape":[1,1,2,4],"data_offsets":[8,40]},"lse":{"dtype":"F32","shape":[1,1,2,1],"data_offsets":[0,8]}}`, 40)
	},
	"prints without end": func(r incoming, n int) {
		for {
			fmt.Println(strings.Repeat("x", 1000))
		}
	},
	"a line without end": func(r incoming, n int) {
		for {
			fmt.Print(strings.Repeat("x", 1000))
		}
	},
	"is slow":     func(r incoming, n int) { time.Sleep(time.Hour) },
	"dies":        func(r incoming, n int) { fmt.Fprintln(os.Stderr, "out of registers"); os.Exit(3) },
	"is killed":   func(r incoming, n int) { p, _ := os.FindProcess(os.Getpid()); p.Kill(); time.Sleep(time.Hour) },
	"refuses":     nil,
	"errs":        nil,
	"eats memory": func(r incoming, n int) { eat() },
	"forks":       func(r incoming, n int) { fork(); time.Sleep(time.Hour) },
	"shuts its output": func(r incoming, n int) {
		os.Stdout.Close()
		time.Sleep(time.Hour)
	},
}

func eat() {
	var held [][]byte
	for {
		block := make([]byte, 64<<20)
		for i := range block {
			block[i] = byte(i)
		}
		held = append(held, block)
		if len(held) > 64 {
			time.Sleep(time.Hour)
		}
	}
}

// textbook is attention without a thought for speed.
func textbook(p *attestclient.Problem) error {
	q, k, v, out := p.Tensors["q"], p.Tensors["k"], p.Tensors["v"], p.Tensors["out"]
	for b := range p.Batch {
		for h := range p.Heads {
			for i := range p.QLen {
				weights, total, most := make([]float64, p.KVLen), 0.0, math.Inf(-1)
				for j := range weights {
					for d := range p.HeadDim {
						weights[j] += p.Scale * q.At(b, h, i, d) * k.At(b, h*p.KVHeads/p.Heads, j, d)
					}
					most = max(most, weights[j])
				}
				for j := range weights {
					weights[j] = math.Exp(weights[j] - most)
					total += weights[j]
				}
				for d := range p.HeadDim {
					sum := 0.0
					for j, w := range weights {
						sum += w / total * v.At(b, h*p.KVHeads/p.Heads, j, d)
					}
					out.Set(b, h, i, d, float32(sum))
				}
			}
		}
	}
	return nil
}
