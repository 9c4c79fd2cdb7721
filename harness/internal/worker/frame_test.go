package worker

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/precision"
)

func framed(payload []byte) []byte {
	frame := append(make([]byte, frameHeader), payload...)
	sealFrame(frame)
	return frame
}

func TestFrames(t *testing.T) {
	good := framed([]byte("hello"))
	payload, err := readFrame(bytes.NewReader(good))
	if err != nil || string(payload) != "hello" {
		t.Fatalf("%q, %v", payload, err)
	}
	if _, err := readFrame(bytes.NewReader(nil)); !errors.Is(err, io.EOF) || errors.Is(err, errGarbage) {
		t.Fatalf("an empty pipe: %v", err)
	}
	for at := range good { // no byte may change unnoticed
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		if _, err := readFrame(bytes.NewReader(bad)); !errors.Is(err, errGarbage) {
			t.Errorf("byte %d changed: %v", at, err)
		}
		if at > 0 {
			if _, err := readFrame(bytes.NewReader(good[:at])); !errors.Is(err, errGarbage) {
				t.Errorf("cut after %d bytes: %v", at, err)
			}
		}
	}
}

// Whatever comes out of the pipe is an answer or an error; nothing makes the parent panic or take much memory.
func FuzzReceive(f *testing.F) {
	var pipe bytes.Buffer
	if err := newLink(nil, &pipe).send(&reply{Number: 1, Failure: &failed{Text: "no"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(pipe.Bytes()[frameHeader:])
	f.Add([]byte("kernel: 32 threads"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, stream := range [][]byte{payload, framed(payload)} {
			r := new(reply)
			if err := newLink(bytes.NewReader(stream), nil).receive(r); err == nil && r.Failure != nil {
				_ = r.Failure.error().Error()
			}
		}
	})
}

// TestEveryCaseArrives sends cases with every field and looks for any that comes out otherwise.
func TestEveryCaseArrives(t *testing.T) {
	var sent []cases.Case
	for _, bits := range []uint32{0, 1 << 31, math.Float32bits(0.125), 1, math.Float32bits(-1e-30)} {
		sent = append(sent, cases.Case{Version: 1, Batch: 1, Heads: 1, QLen: 1, KVLen: 1, HeadDim: 1, Input: precision.FP32}.
			WithScale(math.Float32frombits(bits)))
	}
	s, err := gen.NewStream(gen.Default, 5, gen.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		c, err := s.Case(i)
		if err != nil {
			t.Fatal(err)
		}
		c.After = nil
		sent = append(sent, c)
	}
	var pipe bytes.Buffer
	to, from := newLink(nil, &pipe), newLink(&pipe, nil)
	for _, c := range sent {
		if err := c.Normalize(); err != nil {
			t.Fatal(err)
		}
		if err := to.send(&request{Problem: problemOf(c)}); err != nil {
			t.Fatal(err)
		}
		var got request
		if err := from.receive(&got); err != nil {
			t.Fatal(err)
		}
		arrived, err := got.Problem.restore()
		if err != nil || !reflect.DeepEqual(arrived, c) {
			t.Errorf("sent %s, arrived %s, %v", c, arrived, err)
		}
	}
	for _, damaged := range []problem{nil, problem("{}"), problem(`{"version":1,"hat":2}`)} {
		if _, err := damaged.restore(); err == nil {
			t.Errorf("%q became a case", damaged)
		}
	}
}

func TestCausesOfDeath(t *testing.T) {
	for text, want := range map[string]uintptr{
		"SIGSEGV: segmentation violation\nPC=0x7f m=0 sigcode=1 addr=0x7fc000001018\n":                     0x7fc000001018,
		"SIGSEGV: segmentation violation\nPC=0x7f m=0 sigcode=0 addr=0x3e8\n":                              0,
		"[signal SIGSEGV: segmentation violation code=0x1 addr=0x90 pc=0x6ee3f2]":                          0x90,
		"kernel f: access to memory that does not exist (address 0x7f00), thread 3 of threadgroup (0,0,0)": 0x7f00,
		"nothing of the kind": 0,
	} {
		if got := faultAddress(text); got != want {
			t.Errorf("%q: %#x; want %#x", text, got, want)
		}
	}
}

func TestAnAnswerToAnotherCallIsGarbage(t *testing.T) {
	for number, want := range map[int]error{7: nil, 6: errGarbage, 8: errGarbage} {
		var pipe bytes.Buffer
		if err := newLink(nil, &pipe).send(&reply{Number: number}); err != nil {
			t.Fatal(err)
		}
		p := &process{link: newLink(&pipe, io.Discard), number: 7}
		if _, err := p.roundTrip(&request{Number: 7}); !errors.Is(err, want) {
			t.Errorf("answer %d to call 7: %v", number, err)
		}
	}
}

// A signal that a process sends itself arrives while it is still in the system call, or after that.
func TestTheTopFrameIsNoSystemCall(t *testing.T) {
	const stack = `goroutine 5 [running]:
runtime.sigpanic()
	/go/src/runtime/signal_unix.go:917 +0x285
golang.org/x/sys/unix.Kill(0x1, 0xb)
	/mod/golang.org/x/sys/unix/zsyscall_linux.go:1117 +0x4c
attest.example/attest/harness/internal/posix.Kill(...)
	/src/harness/internal/posix/posix_unix.go:31
attest.example/attest/harness/internal/paths/fault.(*Path).Attend(0xc000010000, {0x1, 0x2})
	/src/harness/internal/paths/fault/fault.go:70 +0x1a
`
	const want = "in attest.example/attest/harness/internal/paths/fault.(*Path).Attend at fault/fault.go:70"
	if got := topFrame(stack); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
