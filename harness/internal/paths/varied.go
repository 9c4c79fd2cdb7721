package paths

// Varied is a path that can compute a case in further ways, each of which must conform as well: another order of
// simdgroups, another math mode. The trial runs them all on the same inputs.
type Varied interface{ Variants() []Variant }

// Variant is one such way.
type Variant struct {
	Label string // what differs: "schedule reverse"
	Path  Path
	// SameBits means that its output must have the base's bits.
	SameBits bool
}
