package cases

import "reflect"

// Repair normalizes a case in which one field was changed and others may not fit any more: a field that does not apply
// any more, or whose value is not accepted any more, falls back to its default. The error is that of what no default
// mends, such as a case too large.
func (c *Case) Repair() error {
	c.repairOne()
	for i := range c.After {
		c.After[i].After = nil
		c.After[i].repairOne()
	}
	return c.Normalize()
}

func (c *Case) repairOne() {
	for _, f := range fieldTable {
		if f.Name != "after" && f.Name != "notes" && f.check(c) != nil {
			f.Clear(c)
			_ = f.check(c) // what its default does not mend is told by Normalize
		}
	}
}

// Clear leaves the field out.
func (f *Field) Clear(c *Case) { reflect.ValueOf(f.at(c)).Elem().SetZero() }
