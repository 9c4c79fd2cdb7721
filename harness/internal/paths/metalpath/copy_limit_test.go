package metalpath

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// A case of some hundred bytes whose strides pass 2^31 elements is refused by its tensors' names and sizes, and others are not.
func TestStridesThatAreTooMuchToCopy(t *testing.T) {
	limit := CopyLimit{device: "cuda", bytes: 6 << 30}
	near := square(t, nil)
	require.NoError(t, limit.Takes(near))
	far := near.Clone()
	far.Batch, far.Layout.K.Strides = 2, cases.Strides{3 << 30, 1 << 20, 1 << 10, 1}
	require.NoError(t, far.Normalize())
	err := limit.Takes(far)
	require.ErrorIs(t, err, paths.ErrUnsupported)
	require.True(t, strings.Contains(err.Error(), "cuda copies at most 6144 MB to the GPU") && strings.Contains(err.Error(), "(k 12296 MB)"), err.Error())
	require.NoError(t, CopyLimit{}.Takes(far))
	less := far.Clone()
	less.Layout.K.Strides[0] = 1 << 30 // 4 GB
	require.NoError(t, less.Normalize())
	require.NoError(t, limit.Takes(less))
}
