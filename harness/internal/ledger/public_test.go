package ledger

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/verdict"
)

// TestPublicLedgersKnowNoOtherFaults holds the ledgers of public kernels to what those kernels' texts do wrong: what else goes
// wrong there, in a case of the same sizes or by the same verdict, is news.
func TestPublicLedgersKnowNoOtherFaults(t *testing.T) {
	const (
		pad  = "touched memory 0 bytes past the end of k: ggml.toml: pass[0]: run: error 5 (execution failed): kernel kernel_flash_attn_ext_pad: access to memory that does not exist (address 0x1), thread 0"
		padV = "call 1 of 2 in the same buffers: touched memory 6 bytes past the end of v: ggml.toml: pass[0]: run: error 5 (execution failed): kernel kernel_flash_attn_ext_pad: access to memory that does not exist"
		main = "touched memory 0 bytes past the end of v: ggml.toml: pass[2]: run: error 5 (execution failed): kernel kernel_flash_attn_ext_f16_dk40_dv40: access to memory that does not exist"
		rows = "after[0]: ggml.toml: pass[1]: run: error 5 (execution failed): kernel kernel_flash_attn_ext_blk: access to memory that does not exist"

		sizes       = `{"version":1,"batch":2,"heads":2,"kv_heads":2,"head_dim":40,"input":"fp16","output":"fp32",`
		whole       = sizes + `"q_len":24,"kv_len":128}`
		rest        = sizes + `"q_len":24,"kv_len":100}`
		interleaved = sizes + `"q_len":24,"kv_len":100,"layout":{"k":{"order":"BSHD"}}}`
		masked      = sizes + `"q_len":23,"kv_len":128,"mask":{"kind":"bool"}}`
		wholeMask   = sizes + `"q_len":24,"kv_len":128,"mask":{"kind":"bool"}}`
	)
	for _, x := range []struct {
		file, c, said string
		kind          verdict.Kind
		known         bool
	}{
		{"ext", interleaved, pad, verdict.Guard, true},
		{"ext", rest, pad, verdict.Guard, false},         // a packed k ends where the row does
		{"ext", interleaved, padV, verdict.Guard, false}, // v is packed
		{"ext", interleaved, main, verdict.Guard, false}, // the last block is in the padded buffer
		{"ext", interleaved, pad, verdict.Numeric, false},
		{"ext", interleaved, "out[0,0,0,0] is 1", verdict.Numeric, false},
		{"ext", whole, main, verdict.Guard, true},
		{"ext", whole, pad, verdict.Guard, false},
		{"ext", masked, rows, verdict.Error, true},
		{"ext", wholeMask, rows, verdict.Error, false},
		{"ext", masked, "ggml.toml: pass[1]: run: error 3", verdict.Error, false},
		{"ext_vec", interleaved, pad, verdict.Guard, true},
		{"ext_vec", rest, pad, verdict.Guard, false},
		{"ext_vec", interleaved, main, verdict.Guard, false},
	} {
		l, err := Read(filepath.Join("..", "..", "..", "examples", "msl", "public", "ggml_flash_attn_"+x.file+".known.toml"))
		require.NoError(t, err)
		at, err := l.Explains(decode(t, x.c), x.kind, x.said, time.Now())
		require.NoError(t, err)
		require.Equal(t, x.known, at >= 0, "%s of %s: %s", x.kind, x.c, x.said)
	}
}
