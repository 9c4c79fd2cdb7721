package cases

import (
	"fmt"
	"strings"
	"testing"
)

// A case that no file can hold is told in the words of a panic, not by printing it, which encodes it again, without end.
func TestEncodingWhatHasNoForm(t *testing.T) {
	defer func() {
		if words := fmt.Sprint(recover()); !strings.Contains(words, "encoding") {
			t.Errorf("Canonical of a case without formats ended with %q; want words about encoding", words)
		}
	}()
	t.Errorf("Canonical of a case without formats is %s", Canonical(Case{}))
}
