package diagnose

import (
	"fmt"
	"math"
)

// A row of output is searched for among all rows of the right output; more rows than these are not asked.
const (
	maxAsked    = 48
	maxSearched = 1 << 22 // elements looked at
)

// moved looks for right values in the wrong place: another batch's, head's or row's, or a tile that was transposed.
func (p *plane) moved() []Explanation {
	found := p.shifted()
	return append(found, p.transposed()...)
}

// shift is by how much a row lies beside its place, or where it lies whatever its place.
type shift struct {
	db, dh, dr int // differences
}

// shifted asks rows that hold a wrong element where their values belong, and then holds the most frequent answer
// against all of them.
func (p *plane) shifted() []Explanation {
	var rows []int
	last := -1
	for _, i := range p.wrong {
		if row := i / p.columns; row != last {
			rows, last = append(rows, row), row
		}
	}
	step := max(1, len(rows)/maxAsked)
	votes := map[shift]int{}
	heads := map[int]int{} // votes for one head that all others copy
	total := len(p.got) / p.columns
	left := maxSearched
	for i := 0; i < len(rows) && left > 0; i += step {
		b, h, r, _ := p.place(rows[i] * p.columns)
		for other := range total {
			left -= 2
			if other == rows[i] || !p.rowIs(rows[i], other) {
				continue
			}
			b2, h2, r2, _ := p.place(other * p.columns)
			votes[shift{b2 - b, h2 - h, r2 - r}]++
			if b2 == b && r2 == r {
				heads[h2]++
			}
		}
	}
	var found []Explanation
	tried := math.Log2(float64(total))
	for s, n := range votes {
		if n*2 < min(len(rows), maxAsked)-1 {
			continue
		}
		e := p.evidence()
		for _, i := range p.wrong {
			b, h, r, d := p.place(i)
			p.holds(e, i, b+s.db, h+s.dh, r+s.dr, d)
		}
		found = append(found, e.explain(s.kind(), p.shiftWords(s, rows[0]), tried))
	}
	for head, n := range heads {
		if n*2 < min(len(rows), maxAsked)-1 || p.heads < 3 {
			continue
		}
		e := p.evidence()
		for _, i := range p.wrong {
			b, _, r, d := p.place(i)
			p.holds(e, i, b, head, r, d)
		}
		found = append(found, e.explain("other-head", fmt.Sprintf("the wrong heads hold what head %d should", head), tried))
	}
	return found
}

// holds counts element i where it has the value that belongs to another place.
func (p *plane) holds(e *evidence, i, b, h, r, d int) {
	if b < 0 || b >= p.batch || h < 0 || h >= p.heads || r < 0 || r >= p.rows {
		return
	}
	j := p.index(b, h, r, d)
	e.element(i, p.want[j], p.bound[j]+0x1p-22*math.Abs(p.want[j]))
}

// rowIs reports whether a row holds what belongs to another.
func (p *plane) rowIs(row, other int) bool {
	for d := range p.columns {
		i, j := row*p.columns+d, other*p.columns+d
		if !(math.Abs(p.got[i]-p.want[j]) <= p.bound[j]+0x1p-22*math.Abs(p.want[j])) {
			return false
		}
	}
	return true
}

func (s shift) kind() string {
	switch {
	case s.db == 0 && s.dr == 0:
		return "other-head"
	case s.dh == 0 && s.dr == 0:
		return "other-batch"
	case s.db == 0 && s.dh == 0:
		return "other-row"
	}
	return "other-place"
}

func (p *plane) shiftWords(s shift, row int) string {
	b, h, r, _ := p.place(row * p.columns)
	at := fmt.Sprintf("%s[%d,%d]", p.name, b, h)
	switch s.kind() {
	case "other-head":
		return fmt.Sprintf("%s holds what head %d should", at, h+s.dh)
	case "other-batch":
		return fmt.Sprintf("%s holds what batch %d should", at, b+s.db)
	case "other-row":
		return fmt.Sprintf("%s[%d,%d,%d] holds what row %d should: rows lie %d beside their place", p.name, b, h, r, r+s.dr, -s.dr)
	}
	return fmt.Sprintf("%s[%d,%d,%d] holds what [%d,%d,%d] should", p.name, b, h, r, b+s.db, h+s.dh, r+s.dr)
}

// transposed tries tiles of the usual sizes: element [r, c] of one holds what [c, r] should.
func (p *plane) transposed() []Explanation {
	var found []Explanation
	for _, tile := range []int{4, 8, 16, 32, 64} {
		if tile > p.rows || tile > p.columns {
			break
		}
		e := p.evidence()
		for _, i := range p.wrong {
			b, h, r, d := p.place(i)
			r0, d0 := r/tile*tile, d/tile*tile
			if r2, d2 := r0+d-d0, d0+r-r0; r2 < p.rows && d2 < p.columns {
				p.holds(e, i, b, h, r2, d2)
			}
		}
		found = append(found, e.explain("transposed", fmt.Sprintf("tiles of %d x %d are transposed", tile, tile), 0))
	}
	return found
}
