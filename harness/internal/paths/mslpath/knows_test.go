package mslpath

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A manifest knows what its expressions read and what it binds, and nothing that merely looks like it.
func TestWhatAManifestKnows(t *testing.T) {
	for name, x := range map[string]struct {
		find, replace string
		knows, not    []string
	}{
		"nothing": {"", "", nil, []string{"softcap", "mask", "q_len=0", "mask.kind=tree", "row", "scal"}},
		"a binding's value": {`value = "q_len"`, `value = "int(softcap)"`,
			[]string{"softcap"}, []string{"cap", "softcap.x", "softcap=1"}},
		"a condition":            {`"input == 'fp32'"`, `"softcap == 0"`, []string{"softcap"}, nil},
		"a text of that name":    {`"input == 'fp32'"`, `"input == 'softcap'"`, nil, []string{"softcap"}},
		"a member":               {`"input == 'fp32'"`, `"mask.left < 3"`, []string{"mask.left"}, []string{"left", "mask.right"}},
		"a kernel's name":        {`kernel = "twice"`, `kernel = "twice{softcap > 0 ? '' : ''}"`, []string{"softcap"}, nil},
		"a tensor":               {`tensor = "out"`, `tensor = "lse"`, []string{"lse"}, []string{"out"}},
		"a kind, as a condition": {`"input == 'fp32'"`, `"mask.kind in ['none', 'tree']"`, []string{"mask.kind=tree"}, []string{"mask.kind=other"}},
		"a kind, elsewhere":      {`value = "q_len"`, `value = "mask.kind == 'tree' ? 1 : 0"`, nil, []string{"mask.kind=tree"}},
		"an extent of 0":         {`"input == 'fp32'"`, `"q_len >= 0"`, []string{"q_len=0"}, []string{"kv_len=0"}},
		"an extent to 8":         {`"input == 'fp32'"`, `"q_len <= 8 && kv_len % 32 == 0 && batch * heads > 0"`, []string{"q_len"}, []string{"q_len=0", "kv_len=0", "batch=0"}},
		"0 on the left":          {`"input == 'fp32'"`, `"input == 'fp32' && 0 <= kv_len"`, []string{"kv_len=0"}, []string{"q_len=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, manifestText, x.find)
			m, err := load(write(t, strings.Replace(manifestText, x.find, x.replace, 1)), "")
			require.NoError(t, err)
			for _, what := range x.knows {
				require.True(t, m.knows(what), what)
			}
			for _, what := range x.not {
				require.False(t, m.knows(what), what)
			}
		})
	}
}
