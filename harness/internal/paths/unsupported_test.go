package paths_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"attest.example/attest/harness/internal/paths"
)

func TestARefusalIsItsReason(t *testing.T) {
	cause := errors.New("head_dim 96: want 64 or 128")
	err := fmt.Errorf("attend: %w", paths.Unsupported("plan: %w", cause))
	if !errors.Is(err, paths.ErrUnsupported) || !errors.Is(err, cause) {
		t.Errorf("%v is not a refusal with its cause", err)
	}
	if got := err.Error(); got != "attend: plan: head_dim 96: want 64 or 128" {
		t.Errorf("the text is %q", got)
	}
	for _, failure := range []error{syscall.ENOTSUP, errors.ErrUnsupported, errors.New("unsupported"), nil} {
		if errors.Is(failure, paths.ErrUnsupported) {
			t.Errorf("%v counts as a refusal", failure)
		}
	}
}
