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
	if kind == "good" || kind == "refuses" || kind == "errs" || kind == "scribbles" {
		attestclient.Serve(attestclient.Hello{Name: kind}, func(p *attestclient.Problem) error {
			switch kind {
			case "refuses":
				return attestclient.Unsupported("head_dim is too odd")
			case "errs":
				fmt.Fprintln(os.Stderr, "tile 3 does not fit")
				return fmt.Errorf("launch failed")
			case "scribbles":
				p.Tensors["k"].Set(0, 0, 0, 0, 7)
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
	n := map[string]int{"F32": 4, "F16": 2}[dtype]
	for _, s := range shape {
		n *= s
	}
	header, _ := json.Marshal(map[string]any{name: map[string]any{"dtype": dtype, "shape": shape, "data_offsets": []int{0, n}}})
	length := len(header)
	return string([]byte{byte(length), byte(length >> 8), 0, 0, 0, 0, 0, 0}) + string(header) + strings.Repeat("\x00", n)
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
	"no output": func(r incoming, n int) { fmt.Printf("{\"attest\":1,\"id\":%d,\"bytes\":0}\n", r.ID) },
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
