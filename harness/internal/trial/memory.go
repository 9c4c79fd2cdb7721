package trial

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// hugeBytes is the size of a case's tensors from which it is computed once: repeats, variants and relations would each
// need as much memory again.
const hugeBytes = 1 << 30

// copies is how many times a huge case's tensors lie in memory while it is tried: the path may well copy them once.
const copies = 2

func bytesOf(c cases.Case) (sum int64) {
	t, err := cases.Layouts(c)
	if err != nil {
		return 0
	}
	for _, b := range t.Buffers() {
		sum += int64(b.Resident())
	}
	return sum
}

// crowded is the verdict on a case whose tensors are larger than the memory that is free, or nil. available is 0 where
// nobody knows.
func crowded(c cases.Case, available int64) *verdict.Verdict {
	need := copies * bytesOf(c)
	if need < copies*hugeBytes || available == 0 || need <= available {
		return nil
	}
	return &verdict.Verdict{Kind: verdict.Unsupported, Reason: fmt.Sprintf("%.1f GiB of memory, where %.1f are free",
		float64(need)/(1<<30), float64(available)/(1<<30))}
}
