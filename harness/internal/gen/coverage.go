package gen

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"attest.example/attest/harness/internal/cases"
)

// Coverage counts how many cases lay in each region. It is not safe for use by several goroutines at once.
type Coverage struct {
	regions []Region
	counts  []int
	cases   int
}

// NewCoverage counts nothing yet.
func NewCoverage() *Coverage {
	regions := Regions()
	return &Coverage{regions: regions, counts: make([]int, len(regions))}
}

// Add counts a normalized case.
func (v *Coverage) Add(c cases.Case) {
	v.cases++
	for i := range v.regions {
		if v.regions[i].Holds(&c) {
			v.counts[i]++
		}
	}
}

// Cases is the number of cases counted.
func (v *Coverage) Cases() int { return v.cases }

// Count is the number of cases in a region, 0 where there is none of that name.
func (v *Coverage) Count(name string) int {
	for i, r := range v.regions {
		if r.Name == name {
			return v.counts[i]
		}
	}
	return 0
}

// Missing names the regions that no case lay in: those that a preset of that name can reach.
func (v *Coverage) Missing(p Preset) []string {
	if p != Long && p != Sizes {
		p = ""
	}
	var names []string
	for i, r := range v.regions {
		if v.counts[i] == 0 && r.Reach == string(p) {
			names = append(names, r.Name)
		}
	}
	return names
}

// Table prints a line a region: how many cases lay in it, what share of all, the bugs it stands for, what it is.
func (v *Coverage) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "region\tcases\tshare\tbugs\tfor cases with\n")
	for i, r := range v.regions {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", r.Name, v.counts[i], share(v.counts[i], v.cases), numbers(r.Bugs), r.Summary)
	}
	return t.Flush()
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func numbers(bugs []int) string {
	if len(bugs) == 0 {
		return "-"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(bugs), " ", ","), "[]")
}
