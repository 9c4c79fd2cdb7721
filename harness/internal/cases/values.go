package cases

// Regime is how the values of an operand are drawn.
type Regime string

// The regimes. Those of one operand never depend on its layout.
const (
	Normal    Regime = "normal"    // mean 0, variance 1
	Uniform   Regime = "uniform"   // in (-1, 1)
	Constant  Regime = "constant"  // one number everywhere, of magnitude 1/2 to 3/2
	OneHot    Regime = "onehot"    // each row is 1 in one column and 0 elsewhere
	Zero      Regime = "zero"      // 0
	Outliers  Regime = "outliers"  // normal; one channel in 32, and at least one, is 24 times larger, one element in 512 up to 32 times
	Sinks     Regime = "sinks"     // normal; the first row and one row in 64 are 6 times larger and lean one way
	Overflow  Regime = "overflow"  // q, k: normal*64, whose products pass fp16; v: 1/4 to 1 of fp16's largest value
	Subnormal Regime = "subnormal" // normal * 2^-20 in fp16, * 2^-130 in bf16 and fp32
	Huge      Regime = "huge"      // normal*24: logits of several hundred
	WithNaN   Regime = "nan"       // normal; about one row in 23, and at least one, holds a NaN
	WithInf   Regime = "inf"       // normal; about one row in 23, and at least one, holds +Inf or -Inf
	Positive  Regime = "positive"  // in (1/2, 3/2): with q and k both so, every logit lies on one side of 0
	Negative  Regime = "negative"  // in (-3/2, -1/2)
	WithSNaN  Regime = "snan"      // as nan, but the NaN is a signalling one
	Identity  Regime = "identity"  // row r is 1 in column r modulo head_dim and 0 elsewhere: of v, the output shows the weights
	Ramp      Regime = "ramp"      // one coordinate: column 0, 1 to 3 in q and v, 0 to -80/3 in k with -1/3 in its first row; 0 elsewhere
)

// Regimes lists every regime.
func Regimes() []Regime {
	return []Regime{Normal, Uniform, Constant, OneHot, Zero, Outliers, Sinks, Overflow, Subnormal, Huge, WithNaN, WithInf,
		Positive, Negative, WithSNaN, Identity, Ramp}
}

// MaskedFill is what the k and v rows hold that no query row may see.
type MaskedFill string

// The fills of masked slots.
const (
	MaskedOrdinary MaskedFill = "ordinary"
	MaskedNaN      MaskedFill = "nan"
	MaskedInf      MaskedFill = "inf"
	MaskedHuge     MaskedFill = "huge" // the format's largest finite value
	MaskedSNaN     MaskedFill = "snan" // a signalling NaN
)

// Values describe how the data of a case are drawn.
type Values struct {
	Seed   uint64     `json:"seed,omitzero"`
	Q      Regime     `json:"q,omitzero"`      // default normal
	K      Regime     `json:"k,omitzero"`      // default normal
	V      Regime     `json:"v,omitzero"`      // default normal
	Masked MaskedFill `json:"masked,omitzero"` // default ordinary
}

// Special reports whether an allowed slot holds NaN or Inf on purpose.
func (v Values) Special() bool {
	for _, r := range []Regime{v.Q, v.K, v.V} {
		if r == WithNaN || r == WithInf || r == WithSNaN {
			return true
		}
	}
	return false
}
