package trigger

import (
	"cmp"
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

const maxRounds = 9

// refine learns, asks where the best conditions disagree, and tries generated cases just inside and just outside the best
// one, until that stays.
func (in *inference) refine() error {
	var history []string
	for round := range maxRounds + 1 {
		preds := in.fit()
		best := &preds[0]
		in.o.Log("round %d, %d probes: %s (%.2f)", round, in.used(), best, best.cost)
		history = append(history, best.String())
		n := len(history)
		settled := n >= 3 && history[n-1] == history[n-2] && history[n-1] == history[n-3]
		if !in.left() || settled && in.inside.asked >= 10 && in.inside.failed*10 >= 6*in.inside.asked {
			return nil
		}
		if err := in.allWords(best); err != nil {
			return err
		}
		if err := in.allNear(best); err != nil {
			return err
		}
		if err := in.logitEdge(best); err != nil {
			return err
		}
		asked, err := in.otherWays(best)
		if err != nil {
			return err
		}
		told, err := in.disagree(preds)
		if err != nil {
			return err
		}
		asked += told
		told, err = in.separate(preds)
		if err != nil {
			return err
		}
		asked += told
		told, err = in.otherLayouts(best)
		if err != nil {
			return err
		}
		asked += told
		told, err = in.otherOperands(best)
		if err != nil {
			return err
		}
		asked += told
		bad, err := in.verify(best)
		if err != nil {
			return err
		}
		told, err = in.either(best)
		if err != nil {
			return err
		}
		asked += told
		if settled && asked == 0 && bad == 0 {
			return nil
		}
	}
	return nil
}

const askedAtOnce = 5

// disagree asks about cases that some of the best conditions match and others do not.
func (in *inference) disagree(preds []conjunction) (asked int, err error) {
	pool, err := in.pool()
	if err != nil {
		return 0, err
	}
	type point struct {
		s     *sample
		score float64
		votes string
	}
	var points []point
	total := 0.0
	weight := make([]float64, len(preds))
	for i := range preds {
		weight[i] = math.Exp(-1.5 * (preds[i].cost - preds[0].cost))
		total += weight[i]
	}
	for _, c := range pool {
		x := vector(&c)
		lean := &sample{c: c, x: x}
		votes, share := make([]byte, len(preds)), 0.0
		for i := range preds {
			if preds[i].matches(lean) {
				votes[i] = 1
				share += weight[i] / total
			}
		}
		points = append(points, point{lean, min(share, 1-share), string(votes)})
	}
	// Of cases that tell the same, those come first that need no new kernel.
	slices.SortStableFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(truth(in.cold(&a.s.c)), truth(in.cold(&b.s.c))))
	})
	seen := map[string]bool{}
	for _, p := range points {
		if p.score < 0.02 || asked >= askedAtOnce || !in.left() {
			break
		}
		if seen[p.votes] {
			continue
		}
		s, a, err := in.note(p.s.c, 1)
		if err != nil {
			return asked, err
		}
		if a == unclear {
			continue
		}
		seen[p.votes] = true
		asked++
		if a == fails {
			in.soft = append(in.soft, s)
		}
	}
	return asked, nil
}

// pool is cases near the failures, and generated ones with some of their fields.
func (in *inference) pool() ([]cases.Case, error) {
	var list []cases.Case
	keep := func(c cases.Case) {
		k := key(&c)
		if _, asked := in.verdicts[k]; asked || work(&c) > in.o.MaxWork {
			return
		}
		if len(in.findings) > 0 || in.o.Known != nil {
			if in.known(in.sample(c)) {
				return
			}
		}
		list = append(list, c)
	}
	bases := []*sample{in.base, in.base, in.base, in.base, in.base}
	bases = append(bases, in.hard[:min(12, len(in.hard))]...)
	// Each single change of the base: of two conditions that nothing has told apart yet, as one on head_dim and one on
	// v_head_dim, some change on its own does.
	for _, a := range axes(&in.base.c) {
		for _, c := range a.all() {
			keep(c)
		}
	}
	for range 160 {
		b := bases[in.dice.Intn(len(bases))]
		keep(vary(in.dice, b.c, []int{1, 1, 2, 2, 3}[in.dice.Intn(5)]))
	}
	for range 100 {
		c, err := in.freshCase()
		if err != nil {
			return nil, err
		}
		names := slices.Clone(groups)
		in.dice.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		if crossed := take(&c, &in.base.c, names[:2+in.dice.Intn(6)]); crossed != nil {
			keep(*crossed)
		}
	}
	return list, nil
}
