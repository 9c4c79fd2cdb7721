package campaign

import (
	"fmt"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/engine"
)

// Shard is one of several equal parts of a run: of the sequences of engine.SequenceLength consecutive numbers, which
// share a context, every Of-th, beginning with the one before Number. What a case is, and what it finds in its context,
// depends on its number alone, so the parts together are the run. The zero value is all of it.
type Shard struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`
}

// MaxShards is how many parts a run has at most.
const MaxShards = 1 << 16

// ParseShard reads 3/16.
func ParseShard(text string) (Shard, error) {
	number, of, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(number)
	m, errOf := strconv.Atoi(of)
	s := Shard{n, m}
	if !ok || err != nil || errOf != nil || s == (Shard{}) || !s.valid() {
		return Shard{}, fmt.Errorf("%q; want NUMBER/OF, such as 3/16: the third of sixteen, OF at most %d", text, MaxShards)
	}
	return s, nil
}

func (s Shard) valid() bool {
	return s == Shard{} || 1 <= s.Number && s.Number <= s.Of && s.Of <= MaxShards
}

// String is what ParseShard reads; empty: the whole run.
func (s Shard) String() string {
	if s == (Shard{}) {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Of)
}

// Holds reports whether a number is one of the part's.
func (s Shard) Holds(index int) bool {
	return s == Shard{} || index/engine.SequenceLength%s.Of == s.Number-1
}

// Cases is how many of a run's cases the part has.
func (s Shard) Cases(of int) int {
	if s == (Shard{}) {
		return of
	}
	round := s.Of * engine.SequenceLength
	n := of / round * engine.SequenceLength
	return n + min(max(of%round-(s.Number-1)*engine.SequenceLength, 0), engine.SequenceLength)
}

// Most is in how many parts a run of so many cases can be cut, each with a case at least.
func Most(cases int) int { return (cases + engine.SequenceLength - 1) / engine.SequenceLength }
