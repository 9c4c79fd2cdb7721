package cases

import (
	"math"

	"attest.example/attest/harness/internal/splitmix"
)

// The generator is counter-based: a value depends on the seed, the stream (which operand) and the element's logical
// index, on nothing drawn before it and on nothing of the layout. Its core is the finaliser of SplitMix64 (Steele,
// Lea and Flood, 2014) applied twice. Only integer operations and single IEEE float64 multiplications follow, none
// of which a compiler may fuse, so every platform and Go release makes the same bits.

// stream is one independent sequence of a seed.
type stream uint64

func newStream(seed, id uint64) stream {
	return stream(splitmix.Mix(seed+splitmix.Golden*(id+1)) ^ splitmix.Mix(id^seed*splitmix.Golden))
}

// bits returns 64 random bits for an index.
func (s stream) bits(index uint64) uint64 {
	return splitmix.Mix(splitmix.Mix(uint64(s)+splitmix.Golden*index) + uint64(s))
}

// below returns an integer in [0, n) by multiplication of the upper 32 bits; n < 2^31.
func (s stream) below(index uint64, n int) int {
	return int(s.bits(index) >> 32 * uint64(n) >> 32)
}

// uniform returns an odd multiple of 2^-53 in (-1, 1): never 0, never an end.
func (s stream) uniform(index uint64) float64 {
	return float64(int64(s.bits(index)>>11<<1|1)-1<<53) * (1.0 / (1 << 53))
}

// normal returns the sum of eight 16-bit uniforms, centred and scaled to variance 1: bell-shaped, with all values
// inside +-4.9. Tails are the business of the outliers regime. The sum is an integer, hence exact.
func (s stream) normal(index uint64) float64 { return bell(s.bits(index*2), s.bits(index*2+1)) }

// normals are the normal numbers of consecutive indices, each times a factor.
func (s stream) normals(into []float64, first uint64, by float64) {
	const step = 2 * splitmix.Golden % (1 << 64)
	low := uint64(s) + step*first // where bits(2*first) begins; the next two begin Golden and step further on
	for i := range into {
		into[i] = by * bell(splitmix.Mix(splitmix.Mix(low)+uint64(s)), splitmix.Mix(splitmix.Mix(low+splitmix.Golden)+uint64(s)))
		low += step
	}
}

func bell(low, high uint64) float64 {
	// Four sums of 16 bits at a time, in fields of 32 bits, which hold them all.
	const even = 0x0000ffff_0000ffff
	fields := low&even + low>>16&even + high&even + high>>16&even
	sum := int64(fields>>32 + fields&0xffffffff)
	// Twice the distance from the mean 8*65535/2; the variance of one uniform is (65536^2-1)/12.
	return float64(2*sum-8*65535) * normalScale
}

var normalScale = 1 / (2 * math.Sqrt(8*(65536.0*65536.0-1)/12))
