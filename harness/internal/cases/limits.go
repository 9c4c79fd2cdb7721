package cases

// What a case may ask for. The limits keep a hostile file from asking for more memory than a machine has; they are
// checked with products that cannot overflow, before anything is allocated.
const (
	MaxHeadDim = 576
	MaxLen     = 1 << 22 // q_len and kv_len
	MaxHeads   = 1 << 17
	MaxBatch   = 1 << 17
	MaxPad     = 1 << 12 // slack elements
	MaxBytes   = 4 << 30 // of all tensors of a case together
	MaxAfter   = 16      // cases before a case
)

// MaxWork is how many multiply-adds (Case.Work) the reference may take for a case. A
// larger case is a legal file, but none that is judged: it is inconclusive, with that reason. Without a bound, a line of JSON
// would keep the cases behind it waiting for days. This many take a few minutes on one processor.
const MaxWork = 1 << 38
