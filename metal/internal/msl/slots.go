package msl

// refuseTakenSlots refuses a kernel that has two arguments at one slot, as Metal does. Two that function constants switch
// on and off may share one, if their conditions differ: which of them is there is known when it is specialized.
func (u *unit) refuseTakenSlots() error {
	for _, e := range u.entries {
		parameters := e.kernel.parameters
		for i, p := range parameters {
			if p.kind == positionParameter {
				continue
			}
			for _, other := range parameters[:i] {
				if other.kind != p.kind || other.slot != p.slot || other.condition != p.condition {
					continue
				}
				kind := "buffer"
				if p.kind == threadgroupParameter {
					kind = "threadgroup"
				}
				return u.fail(p.at, "kernel %s: %s(%d) is taken by %s already; each argument has a slot of its own", e.name, kind, p.slot, other.name)
			}
		}
	}
	return nil
}
