package mfa

// Operand is a tensor in a buffer.
type Operand struct {
	Buffer     *Buffer
	Offset     int      // bytes
	Strides    [4]int64 // elements: batch, head, row, column; all 0: the buffer's own, else contiguous
	Transposed bool     // contiguous [head_dim, seq] per head
}

// Mask is what is added to the scores or leaves keys out: the last len(Shape) dimensions of [batch, heads, q_len,
// kv_len], each full or 1. Nil strides mean contiguous.
type Mask struct {
	Type    MaskType
	Scalar  MaskScalar
	Buffer  *Buffer
	Memory  []byte // instead of Buffer: the caller's own memory, pinned until Close and passed as a pointer
	Shape   []int64
	Strides []int64
}

// Scores is what becomes of q.k on its way to the softmax, before the mask.
type Scores struct {
	Scale   float32 // what q.k is multiplied by
	Softcap float32 // scores become Softcap*tanh(score/Softcap) then; 0: they do not
}

// QuantFormat is how k or v is stored as integers: see mfa.h.
type QuantFormat int32

// ScaleSpan names the columns that share a scale of int8 and int4: see mfa.h.
type ScaleSpan int32

// Quantised is an operand of integers, field by field as mfa_quantised.
type Quantised struct {
	Format        QuantFormat
	Span          ScaleSpan
	Scales, Zeros Operand
}

// Forward is one attention call, field by field as mfa_attention_desc.
type Forward struct {
	Q, K, V, Out, LSE       Operand
	Sinks, Slopes           Operand // float [heads]; no buffer: none
	Ranges                  Operand // int32 [batch, max(PackedEntries, 1), 4]; no buffer: all rows and keys
	PackedEntries           uint32
	PageTable               Operand // uint32 [batch, pages of an entry], of k and v in pages; no buffer: none
	PageSize, PageCount     uint32  // rows of a page, and how many there are
	KQuant, VQuant          Quantised
	Batch, QLen, KVLen      uint32
	Heads, KVHeads, HeadDim uint32
	VHeadDim                uint32 // columns of V and Out; 0: HeadDim
	Scores
	Input, Intermediate, Output Precision
	Math                        Math
	Causal, Windowed            bool
	Align                       Align
	WindowLeft, WindowRight     uint32
	KVOffset                    uint32 // query row i stands at key i + KVOffset, under top-left masks
	Mask                        Mask
	Dispatches                  uint32 // 0 means 1
	KeyParts                    uint32 // into how many a row's keys are cut; 0: the library chooses
	DeadlineSeconds             float64
	TotalOnly                   bool // dispatch_seconds is NULL
}

// MostKeyParts is MFA_MOST_KEY_PARTS.
const MostKeyParts = 32

// Result is what a call measured.
type Result struct {
	GPUSeconds, WallSeconds, CompileSeconds float64
	Cached                                  bool
	BytesCopied                             uint64
}
