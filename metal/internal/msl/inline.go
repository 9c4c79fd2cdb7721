package msl

import "strings"

// The runtime tells simd operations and barriers apart by the place in the code they are called from. A helper that
// holds one and is called in two branches must be two places, as it is on a GPU, where all is inlined.

// inlineCollectives marks the functions that hold a collective operation, or call one that does, as always inlined.
func (u *unit) inlineCollectives() {
	collective := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for n := range u.declarations {
			d := &u.declarations[n]
			if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 || collective[u.functionName(d)] {
				continue
			}
			for i := d.body; i < d.bodyEnd; i++ {
				if u.isIdentifier(i) && (isCollective(u.tokens[i].text) || collective[u.tokens[i].text]) {
					collective[u.functionName(d)] = true
					changed = true
					break
				}
			}
		}
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 || !collective[u.functionName(d)] || u.contains(d.from, d.open, "noinline") {
			continue
		}
		first := d.from
		if d.templateTo > 0 {
			first = d.templateTo
		}
		u.tokens[first].before = "__attribute__((always_inline)) " + u.tokens[first].before
	}
}

// functionName is the name a call uses; of an operator the sign does not matter, and of a constructor it is the struct.
func (u *unit) functionName(d *declaration) string { return u.tokens[d.name].text }

var collectivePrefixes = []string{"simd_", "quad_", "simdgroup_", "__metal_simd", "__metal_quad", "threadgroup_barrier", "__metal_wgbarrier", "make_filled_simdgroup"}

func isCollective(name string) bool {
	for _, prefix := range collectivePrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
