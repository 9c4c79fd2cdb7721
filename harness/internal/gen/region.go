package gen

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"attest.example/attest/harness/internal/cases"
)

// Region is a place in the space of cases where kernels have broken.
type Region = cases.Region

// Regions lists every region, in the order of the table.
func Regions() []Region { return slices.Clone(regions()) }

var regions = sync.OnceValue(func() []Region {
	var all []Region
	for _, some := range [][]Region{shapeRegions, causalRegions, maskRegions, memoryRegions, farRegions, valueRegions, specialRegions, sequenceRegions, logitRegions,
		leanRegions, floorRegions, edgeRegions, singleRegions, callRegions, probeRegions, emptyRegions, longRegions, sizeRegions} {
		all = append(all, some...)
	}
	for _, f := range cases.Fields() {
		all = append(all, f.Regions...)
	}
	for i := range all {
		if holds := all[i].Holds; !all[i].Empty { // an empty case strikes no bug of a full one
			all[i].Holds = func(c *cases.Case) bool { return !c.Empty() && holds(c) }
		}
	}
	return all
})

// RegionNamed finds a region.
func RegionNamed(name string) (Region, error) {
	var names []string
	for _, r := range regions() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Region{}, fmt.Errorf("region %q: want one of %s", name, strings.Join(names, ", "))
}

func grouped(c *cases.Case) bool { return c.KVHeads < c.Heads }
func narrow(c *cases.Case) bool  { return c.Input.Size() == 2 }

// ordinary cases have no NaN or Inf that could hide something else.
func ordinary(c *cases.Case) bool { return !c.Values.Special() && !c.Mask.PlusInf }

// emptyRow reports whether some row sees no key because of its mask's rows, lead or diagonal.
func emptyRow(c *cases.Case) bool {
	m := &c.Mask
	if m.IsArray() && m.Floor == "" && (m.EmptyRows > 0 && m.EmptyRows <= c.QLen || m.EmptyLead >= c.KVLen) {
		return true
	}
	if c.Ragged() {
		return c.Visible().None
	}
	for row := range c.QLen {
		if first, last := c.Span(0, row); first == last {
			return true
		}
	}
	return false
}

// hidesKeys reports whether some key of the case is out of every row's sight by the causal or window part.
func hidesKeys(c *cases.Case) bool {
	low, high := c.KVLen, 0
	for row := range c.QLen {
		if first, last := c.Span(0, row); first < last {
			low, high = min(low, first), max(high, last)
		}
	}
	return low > 0 || high < c.KVLen
}

func nearMultiple(n, block, delta int) bool { return n > block && (n-delta)%block == 0 }
