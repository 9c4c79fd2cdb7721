// Package splitmix is SplitMix64 (Steele, Lea and Flood, 2014), the one random sequence that cases, their data and the
// choices of laws follow from: the same on every platform and Go release. It is never for secrets.
package splitmix

// Golden is 2^64 by the golden ratio, the distance of two states.
const Golden = 0x9e3779b97f4a7c15

// Mix is the finaliser: a bijection of 64 bits that spreads every bit over all.
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Source is a sequence from a state. It is a source of math/rand too, and costs nothing to seed, unlike that package's.
type Source struct{ State uint64 }

// Uint64 is the next number.
func (s *Source) Uint64() uint64 {
	s.State += Golden
	return Mix(s.State)
}

// Int63 and Seed make it a rand.Source.
func (s *Source) Int63() int64    { return int64(s.Uint64() >> 1) }
func (s *Source) Seed(seed int64) { s.State = uint64(seed) }
