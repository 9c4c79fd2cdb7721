package worker_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/worker"
)

// A path that is not open in time is told by what it was about, and by what it printed last.
func TestASlowOpeningIsToldAsWhatItIs(t *testing.T) {
	defer worker.Impatient(2 * time.Second)()
	_, err := worker.Open(context.Background(), worker.Options{Name: "sleeper"})
	require.ErrorContains(t, err, "no answer within 2s; its last words: compiling 900 kernels, during loading ./libsleeper.so")
}
