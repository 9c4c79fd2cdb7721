package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/worker"
)

// A path that is not open in time is told by what it was about, and by what it printed last.
func TestASlowOpeningIsToldAsWhatItIs(t *testing.T) {
	// On a busy machine a process may take the first limit to come as far as its path.
	for _, limit := range []time.Duration{2 * time.Second, 30 * time.Second} {
		restore := worker.Impatient(limit)
		_, err := worker.Open(context.Background(), worker.Options{Name: "sleeper"})
		restore()
		want := fmt.Sprintf("no answer within %v; its last words: compiling 900 kernels, during loading ./libsleeper.so", limit)
		if require.Error(t, err); strings.Contains(err.Error(), want) {
			return
		}
		t.Logf("told: %v; want %s", err, want)
	}
	t.Fail()
}
