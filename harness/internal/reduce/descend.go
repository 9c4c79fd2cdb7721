package reduce

// descend brings one axis down. Failures are seldom monotone (kv_len % 8 != 0, one key past a block), so after the
// smallest values and a plain bisection it bisects among the values with the same remainder by 32 and by 8, and at
// last steps down one by one.
func (s *search) descend(t target, a axis) {
	value := func() int { return a.get(t(&s.best)[0]) }
	to := func(v int) bool { return s.try(moved(&s.best, t, a, v)) }
	for !s.stop && value() > a.min {
		for v := a.min; v < min(value(), a.min+smallValues); v++ {
			if to(v) {
				return
			}
		}
		start := value()
		for _, stride := range []int{1, 32, 8} {
			bisect(a.min, value(), stride, to)
		}
		for step := 1; step < 8 && value()-step > a.min && !to(value()-step); step++ {
		}
		if value() == start {
			return
		}
	}
}

const smallValues = 3

// bisect looks for the smallest value that fails among value-stride, value-2*stride, ... down to least, as if all
// above one that fails failed too. fails(v) moves there if so.
func bisect(least, value, stride int, fails func(int) bool) {
	good, bad := 0, (value-least)/stride+1 // multiples of stride taken off
	for bad-good > 1 {
		middle := good + (bad-good)/2
		if fails(value - middle*stride) {
			good = middle
		} else {
			bad = middle
		}
	}
}
