package verdict

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json/v1"
)

// Refusal is a reason for which something was not judged, and how often.
type Refusal struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Tally adds reasons up. Those that differ in their numbers alone are one: the numbers become N. The zero value is
// empty.
type Tally struct{ counts map[string]int }

// maxReasons bounds the reasons that a tally tells apart, for a path may put anything into them.
const maxReasons = 200

// otherReasons stands for those beyond.
const otherReasons = "other reasons"

// number is one that stands by itself: not the 16 of fp16.
var number = regexp.MustCompile(`(^|[^\pL\pN_.])-?\d+(\.\d+)?(e[+-]?\d+)?\b`)

// Add counts a reason.
func (t *Tally) Add(reason string, n int) {
	if n <= 0 {
		return
	}
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	reason = number.ReplaceAllString(reason, "${1}N")
	if _, known := t.counts[reason]; !known && len(t.counts) >= maxReasons {
		reason = otherReasons
	}
	t.counts[reason] += n
}

// AddAll counts what another tally counted.
func (t *Tally) AddAll(list []Refusal) {
	for _, r := range list {
		t.Add(r.Reason, r.Count)
	}
}

// List returns the reasons, the most frequent first.
func (t *Tally) List() []Refusal {
	var list []Refusal
	for reason, count := range t.counts {
		list = append(list, Refusal{reason, count})
	}
	slices.SortFunc(list, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// Total is how often, over all reasons.
func (t *Tally) Total() int {
	total := 0
	for _, n := range t.counts {
		total += n
	}
	return total
}

// Clone returns a copy that counts by itself.
func (t *Tally) Clone() Tally {
	var c Tally
	for reason, n := range t.counts {
		c.Add(reason, n)
	}
	return c
}

// MarshalJSON writes the list.
func (t Tally) MarshalJSON() ([]byte, error) {
	list := t.List()
	if list == nil {
		list = []Refusal{}
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Tally) UnmarshalJSON(text []byte) error {
	var list []Refusal
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*t = Tally{}
	t.AddAll(list)
	return nil
}
