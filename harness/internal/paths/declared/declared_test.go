package declared

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
)

// What is not promised is not asked for.
func TestAllow(t *testing.T) {
	no := false
	for text, words := range map[string][2]string{ // without nan, without masked_bits
		``:                       {"", ""},
		`,"values":{"k":"inf"}`:  {"(nan)", ""},
		`,"values":{"q":"snan"}`: {"(nan)", ""},
		`,"mask":{"kind":"causal"},"values":{"masked":"nan"}`: {"", "(masked_bits)"},
		`,"mask":{"kind":"causal"},"values":{"v":"nan"}`:      {"(nan)", "(masked_bits)"},
	} {
		c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":3,"kv_len":5,"head_dim":4,"input":"fp32"` + text + `}`))
		require.NoError(t, err)
		require.NoError(t, Promises{}.Allow("it", c))
		for i, p := range []Promises{{NaN: &no}, {MaskedBits: &no}} {
			err := p.Allow("it", c)
			if words[i] == "" {
				require.NoError(t, err, text)
			} else {
				require.ErrorContains(t, err, words[i], text)
			}
		}
	}
}
