package harness

import (
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// counts is what a test has judged, and why not the rest.
type counts struct {
	kinds     map[verdict.Kind]int
	refused   verdict.Tally
	laws      int
	notJudged verdict.Tally
}

func (n *counts) add(o trial.Outcome) {
	if n.kinds == nil {
		n.kinds = map[verdict.Kind]int{}
	}
	n.kinds[o.Verdict.Kind]++
	if o.Verdict.Kind == verdict.Unsupported {
		n.refused.Add(o.Verdict.Reason, 1)
	}
	n.laws += o.Laws
	for _, reason := range o.NotJudged {
		n.notJudged.Add(reason, 1)
	}
}

// judged is how many cases were held against what is right.
func (n *counts) judged() int {
	total := 0
	for kind, count := range n.kinds {
		if kind != verdict.Unsupported {
			total += count
		}
	}
	return total
}

// String is the counts in lines, with the reasons of what was not judged.
func (n *counts) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "attest: %d cases conform", n.kinds[verdict.Pass])
	if failed := n.judged() - n.kinds[verdict.Pass] - n.kinds[verdict.Inconclusive]; failed > 0 {
		fmt.Fprintf(&b, ", %d fail", failed)
	}
	if inconclusive := n.kinds[verdict.Inconclusive]; inconclusive > 0 {
		fmt.Fprintf(&b, ", %d inconclusive", inconclusive)
	}
	if unsupported := n.refused.Total(); unsupported > 0 {
		fmt.Fprintf(&b, "\n%d unsupported:%s", unsupported, reasons(n.refused.List()))
	}
	if n.laws > 0 || n.notJudged.Total() > 0 {
		fmt.Fprintf(&b, "\n%d relations held", n.laws)
	}
	if left := n.notJudged.Total(); left > 0 {
		fmt.Fprintf(&b, ", %d left out:%s", left, reasons(n.notJudged.List()))
	}
	return b.String()
}

// shownReasons is how many reasons a test tells.
const shownReasons = 30

func reasons(list []verdict.Refusal) string {
	var b strings.Builder
	for i, r := range list {
		if i == shownReasons {
			fmt.Fprintf(&b, "\n\tand %d other reasons", len(list)-i)
			break
		}
		fmt.Fprintf(&b, "\n\t%d: %s", r.Count, r.Reason)
	}
	return b.String()
}
