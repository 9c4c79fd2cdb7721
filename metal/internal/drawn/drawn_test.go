package drawn

import (
	"fmt"
	"testing"
)

// A kernel that has no meaning would say nothing about an engine.
func TestKernelsHaveAMeaning(t *testing.T) {
	for seed := range uint64(1000) {
		k := Draw(fmt.Sprintf("k%d", seed), seed)
		if _, err := k.Run(); err != nil {
			t.Error(err)
		}
	}
}
