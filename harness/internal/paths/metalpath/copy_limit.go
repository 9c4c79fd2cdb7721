package metalpath

import (
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// CopyLimit is how many bytes a device that copies buffers takes at once; 0: any number. Where it cannot tell the pages
// that have memory it copies what lies between the rows of a tensor too, so a case whose strides pass 2^31 elements may be too
// much for it, of whose memory hardly any is used. Where it can, its limit is so high that none of these is refused here; what
// a dispatch needs at once is looked at when it runs.
type CopyLimit struct {
	device string
	bytes  int
}

// CopyLimit is that of a device in this mode.
func (m Mode) CopyLimit(device *metal.Device) (CopyLimit, error) {
	if !isCUDA(m.Device) || m.CUDA.Memory != metal.CUDACopied {
		return CopyLimit{}, nil
	}
	info, err := device.Info()
	return CopyLimit{m.Device, int(info.MaxBuffer)}, err
}

// Takes is nil, or the refusal of a case whose tensors have more bytes. It names the largest of them.
func (l CopyLimit) Takes(c cases.Case) error {
	if l.bytes == 0 {
		return nil
	}
	t, err := cases.Layouts(c)
	if err != nil {
		return fmt.Errorf("how large the tensors are: %w", err)
	}
	var all int
	var large []string
	for _, b := range t.Buffers() {
		all += b.Bytes
		if b.Bytes >= l.bytes/8 {
			large = append(large, fmt.Sprintf("%s %d MB", b.Name, b.Bytes>>20))
		}
	}
	if all <= l.bytes {
		return nil
	}
	return paths.Unsupported("strides: %s copies at most %d MB to the GPU, and this is %d MB (%s); memory=mapped copies none",
		l.device, l.bytes>>20, all>>20, strings.Join(large, ", "))
}
