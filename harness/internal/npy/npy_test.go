package npy

import (
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"os"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/precision"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	values := []float64{0, -1.5, 65504, math.Inf(1), 0x1p-24, 3}
	for _, format := range []precision.Format{precision.FP16, precision.FP32} {
		for _, shape := range [][]int{{6}, {2, 3}, {1, 2, 3, 1}} {
			file := Encode(shape, values, format)
			require.Zero(t, (len(file)-6*format.Size())%64, "numpy aligns the data")
			a, err := Decode(file)
			require.NoError(t, err)
			require.True(t, len(a.Shape) == len(shape) && a.Shape[0] == shape[0])
			for i, x := range values {
				require.True(t, a.Values[i] == x, "%d: %g, want %g", i, a.Values[i], x)
			}
		}
	}
}

// The header is one that numpy itself wrote.
func TestAFileOfNumpy(t *testing.T) {
	header := "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 2), }"
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	a, err := Decode([]byte("\x93NUMPY\x01\x00\x76\x00" + header + "\x01\x00\x00\x00\xfe\xff\xff\xff\x03\x00\x00\x00\x04\x00\x00\x00"))
	require.NoError(t, err)
	require.True(t, a.Values[0] == 1 && a.Values[1] == -2 && a.Values[3] == 4)
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import numpy").Run() != nil {
		return
	}
	file := filepath.Join(t.TempDir(), "x.npy")
	require.NoError(t, os.WriteFile(file, Encode([]int{2, 2}, []float64{1, 2, 3, 4.5}, precision.FP16), 0o644))
	out, err := exec.Command(python, "-c", "import numpy, sys; x = numpy.load(sys.argv[1]); print(x.dtype, x.shape, x[1, 1])", file).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "float16 (2, 2) 4.5\n", string(out))
}

func TestFilesThatAreNone(t *testing.T) {
	good := string(Encode([]int{2, 2}, []float64{1, 2, 3, 4}, precision.FP32))
	for _, x := range []struct{ file, words string }{
		{"", "no .npy file"}, {"PK\x03\x04 and more of it", "no .npy file"}, {good[:30], "ends in its header"},
		{good[:len(good)-1], "15 bytes follow the header"}, {good + "x", "17 bytes follow"},
		{strings.Replace(good, "<f4", ">f4", 1), `dtype ">f4": want`}, {strings.Replace(good, "False", "True ", 1), "fortran_order"},
		{strings.Replace(good, "(2, 2,)", "(2, -2)", 1), "shape"}, {strings.Replace(good, "descr", "dexcr", 1), "expected"},
	} {
		_, err := Decode([]byte(x.file))
		require.ErrorContains(t, err, x.words)
	}
}
