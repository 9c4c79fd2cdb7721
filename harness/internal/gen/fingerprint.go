package gen

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// fingerprinted is how many cases a fingerprint is of: several rounds of every rotation.
const fingerprinted = 128

// Fingerprint is 12 hex digits that two generators share where they draw the same cases for the stream's preset, seed and
// filter, as far as its first cases and their first further draws show. Nobody has to remember to count a version up.
func (s *Stream) Fingerprint() string {
	sum := sha256.New()
	for i := range fingerprinted {
		for n := range 2 {
			if c, err := s.Draw(i, n); err == nil {
				fmt.Fprintln(sum, cases.Name(c))
			} else {
				fmt.Fprintln(sum, "none")
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}
