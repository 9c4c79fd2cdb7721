package cases

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// Strides are the element strides of batch, head, row and column, given one by one: a view of a longer cache, K and V
// interleaved, q cut from a fused projection, a mask cut from a larger one. Any order of axes, and a stride of 0 on k, v
// and a mask, where all of an axis is one memory. The zero value is none given.
type Strides [4]int

// Given reports whether strides are given.
func (s Strides) Given() bool { return s != Strides{} }

func (s Strides) String() string {
	if !s.Given() {
		return noStrides
	}
	return fmt.Sprintf("%d/%d/%d/%d", s[0], s[1], s[2], s[3])
}

const noStrides = "none"

// wantStrides is what a field of strides takes.
const wantStrides = "none, or four strides from 0 to 2^34 such as 96/32/8/1"

// UnmarshalJSON reads four numbers. Four zeros are no way to leave strides out: they would ask for one element in all
// places, and stand for none here.
func (s *Strides) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*s = Strides{}
		return nil
	}
	var given []int
	if err := json.Unmarshal(text, &given); err != nil || len(given) != len(s) {
		return fmt.Errorf("%.80s; want %s", text, wantStrides)
	}
	copy(s[:], given)
	if !s.Given() {
		return errors.New("four zeros; want " + wantStrides + ", of which one at least is not 0")
	}
	return nil
}

// FreeStrides is what a filter asks for that wants strides, whichever they are.
const FreeStrides = "free"

// MaxStride is the largest stride, in elements.
const MaxStride = 1 << 34

// MaxSpan bounds the addresses that all tensors of a case span together, in bytes. Most of a span may never be touched:
// memory that no element lies near is mapped and not filled.
const MaxSpan = 1 << 37

func parseStrides(text string) (s Strides, ok bool) {
	if text == noStrides {
		return s, true
	}
	parts := strings.Split(text, "/")
	if len(parts) != len(s) {
		return s, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > MaxStride {
			return s, false
		}
		s[i] = n
	}
	return s, s.Given()
}

// reach is how many elements lie from the first to the last that strides reach, both counted.
func reach(strides [4]int, shape [4]int) float64 {
	if isEmpty(shape) {
		return 0
	}
	n := 1.0
	for i, extent := range shape {
		n += float64(extent-1) * float64(strides[i])
	}
	return n
}

// bySize lists the axes that have more than one element, the smallest stride first.
func bySize(strides [4]int, shape [4]int) []int {
	var axes []int
	for i, extent := range shape {
		if extent > 1 {
			axes = append(axes, i)
		}
	}
	slices.SortStableFunc(axes, func(a, b int) int { return strides[a] - strides[b] })
	return axes
}

// collides names the first axis whose steps are no longer than what the axes with smaller strides reach, so that elements
// may share memory; -1: none does. Axes with stride 0 are left out where that is allowed.
func collides(strides [4]int, shape [4]int, zeroAllowed bool) int {
	far := 0
	for _, axis := range bySize(strides, shape) {
		if strides[axis] == 0 && zeroAllowed {
			continue
		}
		if strides[axis] <= far {
			return axis
		}
		far += strides[axis] * (shape[axis] - 1)
	}
	return -1
}

// check refuses strides under which an operand could not be told from another case's, or from itself.
func (s Strides) check(field string, shape [4]int, zeroAllowed bool) error {
	for _, n := range s {
		if n < 0 || n > MaxStride {
			return wrong(field, s, "%s", wantStrides)
		}
	}
	if reach(s, shape) > MaxSpan {
		return wrong(field, s, "strides that reach at most 2^37 elements, with the shape %v", shape)
	}
	if axis := collides(s, shape, zeroAllowed); axis >= 0 {
		if s[axis] == 0 {
			return wrong(field, s, "no 0 for %s, of which there are %d: what is written, and q, shares no memory", axisNames[axis], shape[axis])
		}
		return wrong(field, s, "a larger stride for %s: elements share memory, with the shape %v", axisNames[axis], shape)
	}
	return nil
}

var axisNames = [4]string{"batch", "heads", "rows", "columns"}

// stridesField is strides that are given one by one. zero decides where a stride of 0 may stand, shape what they are for,
// plain what they are where none are given, excludes whether a case has what they exclude, and clear drops that.
func stridesField(name, help string, at func(*Case) *Strides, zeroAllowed bool, shape func(*Case) [4]int, plain func(*Case) [4]int, excludes func(*Case) bool, clear func(*Case)) Field {
	accepted := "none, or four strides in elements, of batch, head, row and column: 96/32/8/1"
	f := Field{
		Name: name, Type: Steps, Help: help, Default: noStrides, accepted: accepted,
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return !at(c).Given() },
		normalize: []func(*Case) error{func(c *Case) error {
			s := at(c)
			if !s.Given() {
				return nil
			}
			if excludes(c) {
				return wrong(name, s.String(), "none with an order, a pad or a transpose: strides say all of it")
			}
			if err := s.check(name, shape(c), zeroAllowed); err != nil {
				return err
			}
			if *s == plain(c) {
				*s = Strides{}
			}
			return nil
		}},
		text: func(c *Case) string { return at(c).String() },
		set: func(c *Case, text string) error {
			s, ok := parseStrides(text)
			if !ok {
				return wrong(name, strconv.Quote(text), "%s", accepted)
			}
			if s.Given() {
				clear(c)
			}
			*at(c) = s
			return nil
		},
		Simple: Simple{
			Rank: func(c *Case) []float64 {
				s := at(c)
				if !s.Given() {
					return make([]float64, 6)
				}
				rank := []float64{1, reach(*s, shape(c))}
				for _, n := range s {
					rank = append(rank, float64(n))
				}
				return rank
			},
			Plain: []func(*Case){func(c *Case) { *at(c) = Strides{} }},
			Graded: func(c *Case) []func(*Case) {
				if !at(c).Given() {
					return nil
				}
				var list []func(*Case)
				for _, simpler := range simplerStrides(*at(c), shape(c)) {
					list = append(list, func(c *Case) {
						if at(c).Given() {
							*at(c) = simpler
						}
					})
				}
				return list
			},
		},
	}
	for i, axis := range axisNames {
		f.Scalars = append(f.Scalars, Scalar{name + " " + axis, func(c *Case) any { return at(c)[i] }, func(c *Case, v any) { at(c)[i] = v.(int) }})
	}
	return f
}

// simplerStrides are packed in the same order of axes, with one axis' slack halved or gone, and without zeros.
func simplerStrides(s Strides, shape [4]int) (list []Strides) {
	shape = atLeastOne(shape)
	packed, far := s, 1
	for _, axis := range bySize(s, shape) {
		if s[axis] != 0 {
			packed[axis] = far
			far += packed[axis] * (shape[axis] - 1)
		}
	}
	for i, extent := range shape {
		if extent == 1 {
			packed[i] = min(1, s[i])
		}
	}
	list = append(list, packed)
	for axis := range s {
		for _, n := range []int{packed[axis], (s[axis] + packed[axis]) / 2, s[axis] - 1} {
			simpler := s
			simpler[axis] = max(n, 0)
			list = append(list, simpler)
		}
		if s[axis] == 0 && shape[axis] > 1 {
			simpler := s
			simpler[axis] = int(reach(s, shape))
			list = append(list, simpler)
		}
	}
	return list
}
