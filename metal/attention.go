package metal

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"attest.example/attest/metal/internal/lifetime"
	"attest.example/attest/metal/mfa"
)

// Tensor is an operand in a buffer: q is [batch, heads, q_len, head_dim] and k [batch, kv_heads, kv_len, head_dim]; out and v
// have as many rows, and v_head_dim columns where that is not head_dim.
type Tensor struct {
	Buffer *Buffer
	Offset int // bytes into the buffer

	// Strides in elements, in the order batch, head, row, column. All 0: those that the buffer was wrapped with, else
	// contiguous.
	Strides [4]int64

	// Transposed: each head's matrix lies as [head_dim, rows]. Only where Strides are all 0.
	Transposed bool
}

// Mask is the last len(Shape) dimensions of [batch, heads, q_len, kv_len], each full or 1 (broadcast). Nil Strides
// mean contiguous.
type Mask struct {
	Type    MaskType
	Scalar  MaskScalar
	Buffer  *Buffer
	Memory  []byte // instead of Buffer: passed as a pointer, as the interface's oldest callers do; pinned until Close
	Shape   []int64
	Strides []int64
}

// Pages describes k and v that lie in pages: [Count, kv_heads, Size, head_dim], of v v_head_dim columns, with strides of page,
// head, row and column. Table is uint32 [batch, ceil(kv_len / Size)], contiguous: the pages that hold an entry's keys, in
// order. Entries may share pages.
type Pages struct {
	Table       Tensor
	Size, Count int
}

// Quantised is k or v of integers i, each (i - zero) * scale: how they are stored, and of Int8 and Int4 where their scales,
// float, and zero points, int32, are; no Zeros: no zero points. Strides of such an operand count bytes. mfa.h has the formats
// and the shapes.
type Quantised struct {
	Format        QuantFormat
	Span          ScaleSpan
	Scales, Zeros *Tensor
}

// QuantFormat is how integers are stored.
type QuantFormat = mfa.QuantFormat

// The formats.
const (
	NotQuantised QuantFormat = iota
	Int8
	Int4
	Q8_0
	Q4_0
)

// ScaleSpan names the columns that share a scale of Int8 and Int4.
type ScaleSpan = mfa.ScaleSpan

// The spans.
const (
	RowScales   ScaleSpan = iota // all of a row
	BlockScales                  // 32
	HeadScales                   // all of a kv head, in all batches
)

// Window lets key j take part iff i' - Left <= j <= i' + Right, with i' the row as aligned. A side may be Unbounded.
type Window struct{ Left, Right uint32 }

// AttentionOptions describes out = softmax(Scale * q k^T + mask) v.
//
// Batch, QLen and KVLen may be 0. Without a batch or a row nothing is written and no kernel runs; without a key every output
// is written, as of a row that sees none: 0, and a logsumexp of -Inf or the sink. A tensor without elements needs no buffer.
type AttentionOptions struct {
	Q, K, V, Out Tensor
	LSE          *Tensor // float [batch, heads, q_len]: the natural logarithm of each row's sum; nil: not wanted

	// Sinks are float [heads], a logit each that enters the sum which weights are divided by, and the logsumexp, and nothing
	// else; -Inf is none. Slopes are float [heads]: -slope*|i' - j| is added to the score of key j, i' the row as aligned.
	// nil: none.
	Sinks, Slopes *Tensor
	// Pages is where the keys of a batch entry are, of K and V that lie in pages; nil: in one piece.
	Pages *Pages
	// KQuantised and VQuantised are how K and V are stored as integers; nil: they are of Input.
	KQuantised, VQuantised *Quantised

	// Ranges are int32 [batch, max(PackedEntries, 1), 4]: the rows [q_begin, q_end) and keys [kv_begin, kv_end) of each
	// entry, from which masks and slopes count. With PackedEntries 0 each batch is one entry, and its other rows are rows
	// with no key; else so many lie one behind the other, and rows that none has are not written. nil: all rows and keys.
	Ranges        *Tensor
	PackedEntries int

	Batch, Heads, KVHeads int // KVHeads divides Heads
	QLen, KVLen, HeadDim  int
	VHeadDim              int // columns of V and Out; 0: HeadDim
	Scores                    // Scale and what else becomes of q.k before the mask

	Input, Output Precision
	Intermediate  Precision // what probabilities are rounded to before they meet v; scores and sums are fp32
	Math          Math

	Causal bool
	Window *Window
	Align  Align // of Causal and Window
	// KVOffset moves a diagonal that starts top-left: query row i stands at key i + KVOffset, in a cache of that many keys
	// before the first query.
	KVOffset int
	Mask     *Mask

	// KeyParts is into how many parts a row's keys are cut, each of which a threadgroup takes: up to 32, and fewer where KVLen is
	// short; 1: never; 0: as many as suit the device. A row's last bits depend on where its keys are cut, and so, with 0 on a
	// device that tells how many processors it has, on how many rows, heads and batches are computed beside it.
	KeyParts int

	Dispatches int           // how many times Forward runs the kernel; 0 means 1
	TotalOnly  bool          // no place is given for the seconds of each dispatch: Timing has their sum alone
	Deadline   time.Duration // of one Forward; 0: none
}

// UseKernel has this process compute attention by a text of the same kernels and arguments as kernels/attention.metal, for those
// who change it; "": by that one. The first choice stands: another one later is an error.
func UseKernel(text string) error { return mfa.UseKernel(text) }

// DefaultScale is 1/sqrt(headDim).
func DefaultScale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// Attention is a prepared call: made once, run as often as wanted.
type Attention struct {
	call     *mfa.Call
	context  *Context    // kept alive, as are
	buffers  [14]*Buffer // these
	resource *lifetime.Resource
}

// Timing is what one Forward took.
type Timing struct {
	GPU         []float64     // device seconds of each dispatch, overwritten by the next Forward; none with TotalOnly
	Total       time.Duration // device time of all of them
	Wall        time.Duration // the whole call
	Compile     time.Duration // 0 where the kernel was at hand
	Cached      bool          // the kernel was at hand, or came from the device's cache on disk
	BytesCopied uint64        // of tensors and masks: 0
}

func (p *Pages) table() *Tensor {
	if p == nil {
		return nil
	}
	return &p.Table
}

func (p *Pages) sizes() (size, count int) {
	if p == nil {
		return 0, 0
	}
	return p.Size, p.Count
}

func (q *Quantised) tensors() (scales, zeros *Tensor) {
	if q == nil {
		return nil, nil
	}
	return q.Scales, q.Zeros
}

// NewAttention prepares a call. Numbers are checked by Forward, against the buffers as they are then.
func (c *Context) NewAttention(o *AttentionOptions) (*Attention, error) {
	if o == nil {
		return nil, fmt.Errorf("attention: no options, expected at least the tensors and sizes: %w", ErrInvalidArgs)
	}
	f := mfa.Forward{
		Scores: o.Scores, Input: o.Input, Intermediate: o.Intermediate, Output: o.Output, Math: o.Math,
		Causal: o.Causal, Align: o.Align, DeadlineSeconds: o.Deadline.Seconds(), TotalOnly: o.TotalOnly,
	}
	pageSize, pageCount := o.Pages.sizes()
	for _, n := range []struct {
		name string
		from int
		to   *uint32
	}{
		{"Batch", o.Batch, &f.Batch}, {"Heads", o.Heads, &f.Heads}, {"KVHeads", o.KVHeads, &f.KVHeads},
		{"QLen", o.QLen, &f.QLen}, {"KVLen", o.KVLen, &f.KVLen}, {"HeadDim", o.HeadDim, &f.HeadDim}, {"VHeadDim", o.VHeadDim, &f.VHeadDim},
		{"Dispatches", o.Dispatches, &f.Dispatches}, {"KVOffset", o.KVOffset, &f.KVOffset},
		{"PackedEntries", o.PackedEntries, &f.PackedEntries}, {"KeyParts", o.KeyParts, &f.KeyParts},
		{"Pages.Size", pageSize, &f.PageSize}, {"Pages.Count", pageCount, &f.PageCount},
	} {
		if n.from < 0 || n.from > math.MaxInt32 {
			return nil, fmt.Errorf("attention: %s: %d, expected 0 to %d: %w", n.name, n.from, math.MaxInt32, ErrInvalidArgs)
		}
		*n.to = uint32(n.from)
	}
	a := &Attention{context: c}
	kScales, kZeros := o.KQuantised.tensors()
	vScales, vZeros := o.VQuantised.tensors()
	if q := o.KQuantised; q != nil {
		f.KQuant.Format, f.KQuant.Span = q.Format, q.Span
	}
	if q := o.VQuantised; q != nil {
		f.VQuant.Format, f.VQuant.Span = q.Format, q.Span
	}
	for i, t := range []struct {
		name string
		from *Tensor
		to   *mfa.Operand
	}{{"Q", &o.Q, &f.Q}, {"K", &o.K, &f.K}, {"V", &o.V, &f.V}, {"Out", &o.Out, &f.Out}, {"LSE", o.LSE, &f.LSE},
		{"Sinks", o.Sinks, &f.Sinks}, {"Slopes", o.Slopes, &f.Slopes}, {"Ranges", o.Ranges, &f.Ranges}, {"Pages.Table", o.Pages.table(), &f.PageTable},
		{"KQuantised.Scales", kScales, &f.KQuant.Scales}, {"KQuantised.Zeros", kZeros, &f.KQuant.Zeros},
		{"VQuantised.Scales", vScales, &f.VQuant.Scales}, {"VQuantised.Zeros", vZeros, &f.VQuant.Zeros}} {
		if t.from == nil {
			continue
		}
		if t.from.Buffer == nil && t.from.Offset == 0 && (o.Batch == 0 || o.QLen == 0 || o.KVLen == 0) {
			*t.to = mfa.Operand{Strides: t.from.Strides, Transposed: t.from.Transposed} // NULL, which Forward accepts or refuses
			continue
		}
		if t.from.Buffer == nil || t.from.Offset < 0 {
			return nil, fmt.Errorf("attention: %s: expected a buffer and an offset of 0 or more: %w", t.name, ErrInvalidArgs)
		}
		a.buffers[i] = t.from.Buffer
		*t.to = mfa.Operand{Buffer: t.from.Buffer.mfa, Offset: t.from.Offset, Strides: t.from.Strides, Transposed: t.from.Transposed}
	}
	if w := o.Window; w != nil {
		f.Windowed, f.WindowLeft, f.WindowRight = true, w.Left, w.Right
	}
	if m := o.Mask; m != nil {
		f.Mask = mfa.Mask{Type: m.Type, Scalar: m.Scalar, Memory: m.Memory, Shape: m.Shape, Strides: m.Strides}
		if m.Buffer != nil {
			f.Mask.Buffer, a.buffers[13] = m.Buffer.mfa, m.Buffer
		}
	}
	call, err := c.mfa.NewCall(&f)
	if err != nil {
		return nil, err
	}
	a.call = call
	a.resource = lifetime.New(a, nil, call.Close)
	return a, nil
}

// Forward computes the output and waits for it.
func (a *Attention) Forward() error {
	err := a.call.Run()
	runtime.KeepAlive(a)
	return err
}

// Repeat runs Forward n times without coming back to Go in between, for those who measure what the way costs.
func (a *Attention) Repeat(n int) error {
	err := a.call.Repeat(n)
	runtime.KeepAlive(a)
	return err
}

// Timing is what the last Forward took.
func (a *Attention) Timing() Timing {
	r := a.call.Result()
	return Timing{GPU: a.call.Seconds(), Total: seconds(r.GPUSeconds), Wall: seconds(r.WallSeconds), Compile: seconds(r.CompileSeconds),
		Cached: r.Cached, BytesCopied: r.BytesCopied}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Close frees the call; its buffers stay.
func (a *Attention) Close() { a.resource.Close() }
