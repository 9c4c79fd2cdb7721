package trigger

// strikes counts, of cases that were asked about and judged, how many fail, whatever finding explains it.
type strikes struct{ asked, failed int }

func (s *strikes) add(a answer) {
	if a == unclear {
		return
	}
	s.asked++
	if a != passes {
		s.failed++
	}
}
