// Package attestclient lets attest test an attention function of another Go program, or is read by whoever writes a
// client in another language. It needs nothing but the standard library: copy it. A Go implementation that can be
// imported joins better as a harness.Path, in go test.
//
// The tensors lie in memory that attest shares, with the strides of the case; nothing is copied here. The
// protocol is harness/internal/paths/execpath/PROTOCOL.md.
package attestclient

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"
)

// Protocol is the version that this client speaks.
const Protocol = 1

// Hello is what a program declares of itself. Arithmetic, Promises and Supports may stay empty.
type Hello struct {
	Name       string          `json:"name"`
	Device     string          `json:"device"`
	Toolchain  string          `json:"toolchain"`
	Arithmetic map[string]any  `json:"arithmetic,omitempty"` // accumulators, exp_ulp, block, ...
	Promises   map[string]bool `json:"promises,omitempty"`   // deterministic, masked_bits, ...: false for what is not promised
	Supports   []Support       `json:"supports,omitempty"`   // all must hold
	Knows      []string        `json:"knows,omitempty"`      // fields of Problem that came later and that Attention reads: softcap, sinks, alibi, lengths, v_head_dim, quant, batch=0, q_len=0, kv_len=0
}

// Support is a condition over the case, such as "head_dim % 8 == 0", and what to say where it does not hold.
type Support struct {
	When string `json:"when"`
	Why  string `json:"why,omitempty"`
}

// Problem is what to compute: out = softmax(Scale * Q K^T + mask) V, of capped scores where Softcap is not 0.
type Problem struct {
	Batch        int     `json:"batch"`
	Heads        int     `json:"heads"`
	KVHeads      int     `json:"kv_heads"`
	QLen         int     `json:"q_len"`
	KVLen        int     `json:"kv_len"`
	HeadDim      int     `json:"head_dim"`
	VHeadDim     int     `json:"v_head_dim"` // columns of v and out: HeadDim, but for a program whose Hello.Knows says v_head_dim
	Scale        float64 `json:"scale"`
	Softcap      float64 `json:"softcap"` // scores become Softcap*tanh(score/Softcap) before the mask; 0: they do not. See Hello.Knows.
	Input        string  `json:"input"`
	Output       string  `json:"output"`
	Intermediate string  `json:"intermediate"`
	LSE          bool    `json:"lse"`

	// Key j is allowed to row i iff i+Diagonal-Left <= j <= i+Diagonal+Right; nil is no bound on that side.
	Causal   bool `json:"causal"`
	Diagonal int  `json:"diagonal"`
	Left     *int `json:"left"`
	Right    *int `json:"right"`

	// Ranges are q_begin, q_end, kv_begin and kv_end of each entry of each batch; empty: all rows and keys.
	Ranges [][][4]int `json:"ranges"`
	Align  string     `json:"align"` // bottom-right: the last row of an entry stands at its last key

	// Quant says how k and v are stored as integers; nil: they are not. See Key and Value.
	Quant *Quant `json:"quant"`

	MaskKind string             `json:"mask"` // none, bool, additive
	Deadline float64            `json:"deadline"`
	Tensors  map[string]*Tensor `json:"tensors"`
}

// Place is the key at which row i of batch b stands: the diagonal of the band goes through it, and distances of a linear
// bias count from it.
func (p *Problem) Place(b, i int) int {
	if len(p.Ranges) == 0 {
		return i + p.Diagonal
	}
	e, _ := p.entry(b, i)
	if p.Align == "bottom-right" {
		return e[3] - e[1] + i // its last row stands at its last key
	}
	return e[2] + i - e[0] + p.Diagonal
}

// entry finds the entry of a row; false: no entry has it.
func (p *Problem) entry(b, i int) ([4]int, bool) {
	for _, e := range p.Ranges[b] {
		if i >= e[0] && i < e[1] {
			return e, true
		}
	}
	return [4]int{}, false
}

// Sink is the logit of a head that enters the sum which weights are divided by, the logsumexp, and nothing else; -Inf:
// none. Only for a program whose Hello.Knows names sinks.
func (p *Problem) Sink(h int) float64 {
	if t := p.Tensors["sinks"]; t != nil {
		return t.At(0, h, 0, 0)
	}
	return math.Inf(-1)
}

// Linear is what the slope of a head (ALiBi) adds to the score of row i and key j of batch b; 0 without one. Only for a program whose
// Hello.Knows names alibi.
func (p *Problem) Linear(b, h, i, j int) float64 {
	if t := p.Tensors["slopes"]; t != nil {
		return -t.At(0, h, 0, 0) * math.Abs(float64(p.Place(b, i)-j))
	}
	return 0
}

// Allowed reports whether the band of the problem, its causal mask or window, and the lengths of batch entries allow key j
// of batch b to row i.
func (p *Problem) Allowed(b, i, j int) bool {
	if len(p.Ranges) > 0 {
		if e, ok := p.entry(b, i); !ok || j < e[2] || j >= e[3] {
			return false
		}
	}
	at := p.Place(b, i)
	return (p.Left == nil || j >= at-*p.Left) && (p.Right == nil || j <= at+*p.Right)
}

// Bias is what the mask array adds to a score: 0 or -Inf for a bool mask.
func (p *Problem) Bias(b, h, i, j int) float64 {
	mask := p.Tensors["mask"]
	if mask == nil {
		return 0
	}
	pick := func(at, dim int) int { return min(at, mask.Shape[dim]-1) } // a broadcast dimension has extent 1
	value := mask.At(pick(b, 0), pick(h, 1), pick(i, 2), pick(j, 3))
	if p.MaskKind == "bool" {
		if value != 0 {
			return 0
		}
		return math.Inf(-1)
	}
	return value
}

// Quant names how k and v are stored: none, int8, int4, q8_0 or q4_0. Columns of such a tensor are the bytes of a row, and
// its strides and offset count bytes. Block is how many columns share a scale of int8 and int4, which lie in the tensors
// k_scales and v_scales, with their zero points in k_zeros and v_zeros; 0: all of a row.
type Quant struct {
	K     string `json:"k"`
	V     string `json:"v"`
	Block int    `json:"block"`
}

// Key is column d of key j of a kv head: what is in memory, or what its integer stands for. Only for a program whose
// Hello.Knows names quant is it ever an integer.
func (p *Problem) Key(b, kvHead, j, d int) float64 {
	if p.Quant == nil || p.Quant.K == "none" {
		return p.Tensors["k"].At(b, kvHead, j, d)
	}
	return p.dequantised("k", p.Quant.K, b, kvHead, j, d)
}

// Value is column d of value j, as Key is.
func (p *Problem) Value(b, kvHead, j, d int) float64 {
	if p.Quant == nil || p.Quant.V == "none" {
		return p.Tensors["v"].At(b, kvHead, j, d)
	}
	return p.dequantised("v", p.Quant.V, b, kvHead, j, d)
}

// dequantised is (integer - zero point) * scale, which fp32 holds exactly.
func (p *Problem) dequantised(name, format string, b, h, r, c int) float64 {
	t := p.Tensors[name]
	row := t.Data[t.index(b, h, r, 0):]
	switch format {
	case "q8_0":
		block := row[c/32*34:]
		return float64(int8(block[2+c%32])) * fromHalf(binary.LittleEndian.Uint16(block))
	case "q4_0":
		block, at := row[c/32*18:], c%32
		return float64(int(block[2+at%16]>>(at/16*4)&15)-8) * fromHalf(binary.LittleEndian.Uint16(block))
	}
	integer := 0
	if format == "int8" {
		integer = int(int8(row[c*t.Strides[3]]))
	} else {
		integer = int(row[c/2]>>(c%2*4)&15^8) - 8
	}
	scales, zeros := p.Tensors[name+"_scales"], p.Tensors[name+"_zeros"]
	b, r = min(b, scales.Shape[0]-1), min(r, scales.Shape[2]-1) // 1 where all rows of a head share one
	if p.Quant.Block > 0 && scales.Shape[3] > 1 {
		c /= p.Quant.Block
	} else {
		c = 0
	}
	if zeros != nil {
		integer -= int(zeros.At(b, h, r, c))
	}
	return float64(integer) * scales.At(b, h, r, c)
}

// Tensor is an operand: element [b, h, r, c] is element Offset + b*Strides[0] + ... of Data.
type Tensor struct {
	DType    string `json:"dtype"` // F32, F16, BF16, BOOL; I8, U8, I32 of what is quantised
	Shape    [4]int `json:"shape"`
	Strides  [4]int `json:"strides"`
	Offset   int    `json:"offset"`
	Elements int    `json:"elements"`
	Start    int    `json:"start"`
	Data     []byte `json:"-"`
}

func (t *Tensor) size() int {
	switch t.DType {
	case "F32", "I32":
		return 4
	case "BOOL", "I8", "U8":
		return 1
	}
	return 2
}

func (t *Tensor) index(b, h, r, c int) int {
	return t.Offset + b*t.Strides[0] + h*t.Strides[1] + r*t.Strides[2] + c*t.Strides[3]
}

// At reads an element.
func (t *Tensor) At(b, h, r, c int) float64 {
	at := t.index(b, h, r, c) * t.size()
	switch t.DType {
	case "F32":
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(t.Data[at:])))
	case "BF16":
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(t.Data[at:])) << 16))
	case "F16":
		return fromHalf(binary.LittleEndian.Uint16(t.Data[at:]))
	case "I32":
		return float64(int32(binary.LittleEndian.Uint32(t.Data[at:])))
	case "I8":
		return float64(int8(t.Data[at]))
	}
	return float64(t.Data[at])
}

// Set writes an element, rounded to nearest, ties to even.
func (t *Tensor) Set(b, h, r, c int, value float32) {
	at := t.index(b, h, r, c) * t.size()
	bits := math.Float32bits(value)
	switch {
	case t.DType == "F32":
		binary.LittleEndian.PutUint32(t.Data[at:], bits)
	case t.DType == "BF16" && value != value:
		binary.LittleEndian.PutUint16(t.Data[at:], 0x7fc0)
	case t.DType == "BF16":
		binary.LittleEndian.PutUint16(t.Data[at:], uint16((bits+0x7fff+bits>>16&1)>>16))
	default:
		binary.LittleEndian.PutUint16(t.Data[at:], toHalf(value))
	}
}

func fromHalf(h uint16) float64 {
	sign, exponent, fraction := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

func toHalf(x float32) uint16 {
	sign := uint16(math.Float32bits(x) >> 16 & 0x8000)
	magnitude := math.Abs(float64(x))
	switch {
	case x != x:
		return 0x7e00
	case magnitude >= 65520: // halfway between the largest half and what would follow it
		return sign | 0x7c00
	case magnitude < 0x1p-14:
		return sign | uint16(math.RoundToEven(magnitude*0x1p24)) // a carry makes the smallest normal number
	}
	fraction, exponent := math.Frexp(magnitude) // in [1/2, 1)
	return sign | (uint16(exponent+13)<<10 + uint16(math.RoundToEven(fraction*2048)))
}

// Unsupported is the error by which a function refuses a problem.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Attention computes a problem: it reads the tensors q, k, v and mask and writes out and, where there is one, lse.
type Attention func(p *Problem) error

type request struct {
	Call    string   `json:"call"`
	ID      int      `json:"id"`
	Problem *Problem `json:"problem"`
	Memory  struct {
		FD    int    `json:"fd"`
		Path  string `json:"path"`
		Bytes int    `json:"bytes"`
	} `json:"memory"`
	Bytes int64 `json:"bytes"`
}

// Serve answers attest over standard input and output until there are no more problems. What the function prints must
// go to standard error.
func Serve(hello Hello, attention Attention) error {
	return ServeOn(os.Stdin, os.Stdout, hello, attention)
}

// ServeOn answers attest over a connection, for a program that listens: exec:unix:PATH, exec:tcp://127.0.0.1:PORT.
func ServeOn(in io.Reader, out io.Writer, hello Hello, attention Attention) error {
	reader := bufio.NewReader(in)
	var memory []byte
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("a request that is no JSON: %w", err)
		}
		if _, err := io.CopyN(io.Discard, reader, r.Bytes); err != nil {
			return fmt.Errorf("read the tensors: %w", err)
		}
		answer := map[string]any{"id": r.ID}
		switch r.Call {
		case "hello":
			answer["hello"] = struct {
				Protocol int    `json:"protocol"`
				Client   string `json:"client"`
				Tensors  string `json:"tensors"`
				Hello
			}{Protocol, "attestclient (Go)", "shared", hello}
		case "attend":
			if memory, err = remap(memory, &r); err != nil {
				return err
			}
			attend(&r, memory, attention, answer)
		default:
			answer["error"] = fmt.Sprintf("the client knows no call %q", r.Call)
		}
		if err := write(out, answer); err != nil {
			return fmt.Errorf("write an answer: %w", err)
		}
	}
}

func attend(r *request, memory []byte, attention Attention, answer map[string]any) {
	for _, t := range r.Problem.Tensors {
		t.Data = memory[t.Start:][:t.Elements*t.size()]
	}
	start := time.Now()
	err := attention(r.Problem)
	answer["device_seconds"] = []float64{time.Since(start).Seconds()}
	var refusal Unsupported
	switch {
	case errors.As(err, &refusal):
		answer["unsupported"] = refusal.Error()
	case err != nil:
		answer["error"] = err.Error()
	}
}

// remap maps the shared memory again where it has grown.
func remap(memory []byte, r *request) ([]byte, error) {
	if len(memory) == r.Memory.Bytes {
		return memory, nil
	}
	if memory != nil {
		unmap(memory)
	}
	fd := r.Memory.FD
	if r.Memory.Path != "" {
		file, err := os.OpenFile(r.Memory.Path, os.O_RDWR, 0)
		if err != nil {
			return nil, fmt.Errorf("shared memory: %w", err)
		}
		defer file.Close()
		fd = int(file.Fd())
	}
	memory, err := mapShared(fd, r.Memory.Bytes)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of shared memory: %w", r.Memory.Bytes, err)
	}
	return memory, nil
}

// write puts "attest" first, by which an answer is known from what else is printed.
func write(out io.Writer, answer map[string]any) error {
	rest, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "{\"attest\":%d,%s\n", Protocol, rest[1:])
	return err
}
