package relation

import (
	"hash/fnv"

	"attest.example/attest/harness/internal/splitmix"
)

// dice are the random choices of a law for a case: the same for the same names on every platform and Go release.
// The sequence is SplitMix64, started at the FNV-1a hash of both names.
type dice struct{ splitmix.Source }

func newDice(caseName, law string) dice {
	h := fnv.New64a()
	h.Write([]byte(caseName + "/" + law))
	return dice{splitmix.Source{State: h.Sum64()}}
}

func (d *dice) bits() uint64 { return d.Uint64() }

// below returns an integer in [0, n), n < 2^31.
func (d *dice) below(n int) int { return int(d.bits() >> 32 * uint64(n) >> 32) }

// ordinary returns a number in (-2, 2) that is not 0: a value of no special kind in every format.
func (d *dice) ordinary() float64 {
	return float64(int64(d.bits()>>12<<1|1)-1<<52) * (2.0 / (1 << 52))
}

// shuffled returns a permutation of 0 to n-1, and not the identity where there is another.
func (d *dice) shuffled(n int) []int {
	order := identity(n)
	for i := n - 1; i > 0; i-- {
		j := d.below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	for i, x := range order {
		if i != x {
			return order
		}
	}
	for i := range order { // a rotation is the identity only for one element
		order[i] = (i + 1) % n
	}
	return order
}

func identity(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

func diceFrom(seed uint64) dice { return dice{splitmix.Source{State: seed}} }
