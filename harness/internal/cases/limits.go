package cases

// What a case may ask for. The limits keep a hostile file from asking for more memory than a machine has; they are
// checked with products that cannot overflow, before anything is allocated.
const (
	MaxHeadDim = 256
	MaxLen     = 1 << 22 // q_len and kv_len
	MaxHeads   = 1 << 12
	MaxBatch   = 1 << 12
	MaxPad     = 1 << 12 // slack elements
	MaxBytes   = 4 << 30 // of all tensors of a case together
	MaxAfter   = 16      // cases before a case
)
