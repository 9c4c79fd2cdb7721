package metalpath

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
)

// A prepared call holds the memory of its tensors, which for one of 64 MB and more is unmapped when nobody holds them: who
// measures keeps the call alone.
func TestPreparedHoldsItsTensors(t *testing.T) {
	p, err := OpenDevice(HostDevice, "")
	require.NoError(t, err)
	defer p.(*Path).Close()
	c := square(t, func(c *cases.Case) { c.Layout.K.Strides = cases.Strides{20 << 20, 1 << 10, 16, 1} })
	tensors := cases.Materialize(c)
	require.Greater(t, len(tensors.K.Data), 64<<20)
	call, err := p.(*Path).Prepare(context.Background(), c, tensors, 1, time.Minute)
	require.NoError(t, err)
	defer call.Close()
	tensors = nil
	for range 5 { // a cleanup runs after a collection, on a goroutine of its own
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	_, err = call.Run()
	require.NoError(t, err)
}
