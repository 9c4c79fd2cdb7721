package worker

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// The calls that a parent makes.
const (
	callPlan     = "plan"     // Problem: what the path declares about it
	callMap      = "map"      // Region, Size, Guards: map this shared memory; the reply's Base is its address
	callAttend   = "attend"   // Problem, Variant, Region, Tensors, Deadline: compute
	callFindings = "findings" // Findings: what the path found out
	callReset    = "reset"    // start the path with a cold context
	callPeak     = "peak"     // Peak: what the path's device could do at most
	callLeave    = "leave"    // Stays: end by yourself when what you compile aside is done; the last call
)

// request is what a parent sends.
type request struct {
	Number   int // the answer repeats it
	Call     string
	Problem  problem
	Variant  int // 0: the path itself, n: its n-th variant
	Region   int
	Size     int
	Guards   []extent
	Tensors  []tensor
	Deadline time.Duration // from now; 0: none
	Turn     int           // see paths.Turner
	Work     float64       // likewise
}

// tensor is an operand without its data, which are bytes [Start, Start+Bytes) of a region.
type tensor struct {
	Name             string
	Start, Bytes     int
	Format           precision.Format
	Shape, Strides   [4]int
	Offset, Elements int
	Bool             bool              // of a mask
	Page, Pages      int               // of paged k and v: rows of a page, and how many there are
	Quant            cases.QuantFormat // of quantised k and v
	Span             int               // of these: columns that share a scale, 0: all of a row
}

// reply is what a child answers.
type reply struct {
	Number   int
	Hello    *hello  // the first one, unasked
	Plans    []plan  // of callPlan: the path's and its variants'
	Base     uintptr // of callMap
	Timing   paths.Timing
	Peak     float64         // of callPeak
	Findings []paths.Finding // of callFindings
	Stays    bool            // of callLeave: something is being compiled
	Failure  *failed         // nil: the call succeeded
}

// hello tells what the child has opened.
type hello struct {
	Name        string
	Description paths.Description
	Variants    []variantLabel
	WholePages  bool
	// LeavesEngine is that of paths.LeavesEngine.
	LeavesEngine bool
}

type variantLabel struct {
	Label    string
	SameBits bool
}

// plan is what a path declares about one case.
type plan struct {
	Unsupported string
	Arithmetic  reference.Arithmetic
	Promises    paths.Promises
}

// failed is an error on its way through the pipe.
type failed struct {
	Text     string
	Deadline bool // it was context.DeadlineExceeded
	// Unsupported means that it was a refusal: paths.ErrUnsupported.
	Unsupported bool
	Machine     bool             // the machine is to blame: paths.ErrMachine
	Verdict     *verdict.Verdict // of an error that has one
	Panicked    bool
	Stack       string
	Address     uintptr // of a memory fault; 0: none
	Spent       bool    // the path computes no more in this process
}

// tensorsOf describes tensors that lie in a region as placed.
func tensorsOf(t *cases.Tensors, buffers []placed) []tensor {
	list := make([]tensor, 0, len(buffers))
	for i, b := range t.Buffers() {
		page, pages := b.Tensor.Paged()
		list = append(list, tensor{
			Name: b.Name, Start: buffers[i].Start, Bytes: len(b.Data), Format: b.Tensor.Format, Shape: b.Tensor.Shape,
			Strides: b.Tensor.Strides, Offset: b.Tensor.Offset, Elements: b.Tensor.Elements,
			Bool: b.Name == "mask" && t.Mask.Bool, Page: page, Pages: pages,
			Quant: b.Tensor.QuantFormat(), Span: b.Tensor.QuantSpan(),
		})
	}
	return list
}

// rebuild makes the tensors of a list over the memory of a region.
func rebuild(list []tensor, memory []byte) (*cases.Tensors, error) {
	t := &cases.Tensors{}
	page, pages := 0, 0
	quantised := map[string]tensor{}
	for _, d := range list {
		quantised[d.Name] = d
		if d.Start < 0 || d.Bytes < 0 || d.Start > len(memory)-d.Bytes {
			return nil, fmt.Errorf("tensor %s: bytes %d to %d of %d", d.Name, d.Start, d.Start+d.Bytes, len(memory))
		}
		operand := cases.Tensor{
			Format: d.Format, Shape: d.Shape, Strides: d.Strides, Offset: d.Offset, Elements: d.Elements,
			Data: memory[d.Start : d.Start+d.Bytes : d.Start+d.Bytes],
		}
		switch d.Name {
		case "q":
			t.Q = operand
		case "k":
			t.K, page, pages = operand, d.Page, d.Pages
		case "v":
			t.V = operand
		case "mask":
			t.Mask = &cases.MaskArray{Tensor: operand, Bool: d.Bool}
		case "sinks":
			t.Sinks = &operand
		case "slopes":
			t.Slopes = &operand
		case "ranges":
			t.Ranges = &operand
		case "table":
			t.Table = &operand
		case "k_scales":
			t.KScales = &operand
		case "k_zeros":
			t.KZeros = &operand
		case "v_scales":
			t.VScales = &operand
		case "v_zeros":
			t.VZeros = &operand
		case "out":
			t.Out = operand
		case "lse":
			t.LSE = &operand
		default:
			return nil, fmt.Errorf("tensor %q: want one of %v", d.Name, bufferNames)
		}
	}
	t.Page(page, pages)
	for _, name := range []string{"k", "v"} {
		t.Quantise(name, quantised[name].Quant, quantised[name].Span)
	}
	return t, nil
}

// link sends and receives messages over a pair of pipes. One goroutine may send while another receives.
type link struct {
	from    io.Reader
	to      io.Writer
	out, in bytes.Buffer
	encoder *gob.Encoder
	decoder *gob.Decoder
}

func newLink(from io.Reader, to io.Writer) *link {
	l := &link{from: bufio.NewReaderSize(from, 16<<10), to: to}
	l.encoder, l.decoder = gob.NewEncoder(&l.out), gob.NewDecoder(&l.in)
	return l
}

func (l *link) send(message any) error {
	l.out.Reset()
	l.out.Write(make([]byte, frameHeader))
	if err := l.encoder.Encode(message); err != nil {
		return err
	}
	sealFrame(l.out.Bytes())
	_, err := l.to.Write(l.out.Bytes())
	return err
}

func (l *link) receive(message any) error {
	payload, err := readFrame(l.from)
	if err != nil {
		return err
	}
	l.in.Write(payload)
	if err := l.decoder.Decode(message); err != nil {
		return fmt.Errorf("%w: %v", errGarbage, err)
	}
	if l.in.Len() > 0 {
		return fmt.Errorf("%w: %d bytes after a message", errGarbage, l.in.Len())
	}
	return nil
}
