package cases

import "slices"

const usualSlack = 64

// usual is what a filter draws up to.
func (f Field) usual(n int) Field {
	f.Usual = n
	return f
}

// slack makes an integer one that the reducer brings down without a gain in work, to 0 at once where that is possible.
func (f Field) slack(at func(*Case) *int) Field {
	f.Simple.Slack, f.Simple.Least = true, f.Low
	f.Simple.Plain = []func(*Case){func(c *Case) { *at(c) = 0 }}
	return f
}

// refused is the reason of a path that knows nothing of the field.
func (f Field) refused(why string) Field {
	f.Unsupported = why
	return f
}

// drawn lets the row draw the field and bring the regions that it is about.
func (f Field) drawn(draw func(Dice, *Case), regions ...Region) Field {
	f.Draw, f.Regions = draw, regions
	return f
}

// opened returns what a case needs so that it may differ in the field alone.
func (f Field) opened(o Opening) Field {
	f.Opening = o
	return f
}

// first puts a step before those that check the field: its default, as a rule.
func (f Field) first(step func(*Case)) Field {
	f.normalize = slices.Insert(f.normalize, 0, func(c *Case) error { step(c); return nil })
	return f
}

// then adds a check that knows other fields; those of earlier rows are canonical by then.
func (f Field) then(check func(*Case) error) Field {
	f.normalize = append(slices.Clone(f.normalize), check)
	return f
}

// only restricts the field to some cases.
func (f Field) only(to string, applies func(*Case) bool) Field {
	f.To, f.Applies = to, applies
	return f
}

// told sets the words of the field in a case's description.
func (f Field) told(words func(*Case) string) Field {
	f.words = words
	return f
}

// otherwise returns what absence means.
func (f Field) otherwise(text string) Field {
	f.Default = text
	return f
}

// plain adds edits to the simplest value, graded those to simpler ones.
func (f Field) plain(edits ...func(*Case)) Field {
	f.Simple.Plain = append(slices.Clone(f.Simple.Plain), edits...)
	return f
}

// alone replaces the edits to the simplest value.
func (f Field) alone(edit func(*Case)) Field {
	f.Simple.Plain = []func(*Case){edit}
	return f
}

func (f Field) graded(edits func(*Case) []func(*Case)) Field {
	f.Simple.Graded = edits
	return f
}

func (f Field) ranked(rank func(*Case) []float64) Field {
	f.Simple.Rank = rank
	return f
}

// setBy replaces how a word sets the field.
func (f Field) setBy(set func(*Case, string) error) Field {
	f.set = set
	return f
}

// absentAs is how a filter writes the field's absence.
func (f Field) absentAs(value string) Field {
	text := f.text
	f.text = func(c *Case) string {
		if f.zero(c) {
			return value
		}
		return text(c)
	}
	return f
}

// internal fields are nobody's to fuzz or reduce.
func (f Field) internal() Field {
	f.Scalars, f.Simple = nil, Simple{}
	return f
}

func (f Field) in(region string) Field {
	f.Region = region
	return f
}
