package gen

import (
	"math"
	"math/rand"

	"attest.example/attest/harness/internal/splitmix"
)

// dice are the random numbers of one draw. They are gopter's, or a stream's own.
//
// Draws are ordinary code over these numbers and not a tree of gopter's combinators: the parameters of a case depend
// on each other, which there takes FlatMap, which loses shrinkers.
type dice struct {
	*rand.Rand
	turned bool // every other round of the rotation: what a scenario puts in one order comes in the other
}

// newDice returns the numbers that belong to a seed and an index. The source is this module's own and math/rand's
// methods over a given source are frozen, so they are the same on every platform and Go release.
func newDice(seed uint64, index uint64) dice {
	return dice{Rand: rand.New(&splitmix.Source{State: splitmix.Mix(seed) ^ splitmix.Mix(index+splitmix.Golden)})}
}

// chance is true in so many of a hundred draws.
func (d dice) chance(percent int) bool { return d.Intn(100) < percent }

// between returns an integer in [low, high], each as often.
func (d dice) between(low, high int) int { return low + d.Intn(high-low+1) }

// spread returns an integer in [low, high], each power of two as often as the next.
func (d dice) spread(low, high int) int {
	x := math.Exp(math.Log(float64(low)) + d.Float64()*(math.Log(float64(high)+1)-math.Log(float64(low))))
	return min(max(int(x), low), high)
}

// pick returns one of xs, each as often.
func pick[T any](d dice, xs ...T) T { return xs[d.Intn(len(xs))] }

// choice is a value and how often it comes, against the other weights of its table.
type choice[T any] struct {
	weight int
	value  T
}

// weigh picks a value of a table by weight.
func weigh[T any](d dice, table []choice[T]) T {
	total := 0
	for _, c := range table {
		total += c.weight
	}
	n := d.Intn(total)
	for _, c := range table {
		if n -= c.weight; n < 0 {
			return c.value
		}
	}
	panic("gen: a table without weights")
}

// among keeps the entries of a table that are allowed. Where none is, it returns what is allowed, each as often.
func among[T comparable](table []choice[T], allowed []T) []choice[T] {
	if len(allowed) == 0 {
		return table
	}
	var kept []choice[T]
	for _, c := range table {
		for _, a := range allowed {
			if c.value == a {
				kept = append(kept, c)
			}
		}
	}
	if len(kept) == 0 {
		for _, a := range allowed {
			kept = append(kept, choice[T]{1, a})
		}
	}
	return kept
}
