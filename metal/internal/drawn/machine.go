package drawn

// shape is what a kernel runs over.
type shape struct {
	groups int
	size   [3]uint32 // threads of a threadgroup, at most 64
}

func (s shape) threads() int { return int(s.size[0] * s.size[1] * s.size[2]) }

// machine carries a kernel out, one threadgroup after another, all threads of one in step: that is a way that a kernel without
// races may go.
type machine struct {
	shape   shape
	group   int
	vars    map[*variable]*vals
	mem     map[*memory][]value // what all share
	own     map[*memory]*[threads][]value
	steps   int
	results map[*helper]*vals
}

// variable is a thread's own.
type variable struct {
	name string
	t    typ
}

func (m *machine) of(v *variable) *vals {
	if m.vars[v] == nil {
		m.vars[v] = &vals{}
	}
	return m.vars[v]
}

// read is the expression of a variable.
func (v *variable) read() *expr {
	return &expr{t: v.t, format: v.name, about: v, run: func(m *machine, _ []*expr, mask uint64) vals { return *m.of(v) }}
}

func (m *machine) assign(v *variable, x vals, mask uint64) {
	to := m.of(v)
	forEach(mask, func(thread int) { to[thread] = x[thread] })
}

// builtin is what the kernel is told of a thread.
func builtin(text string, k kind, f func(m *machine, thread int) uint64) *expr {
	return &expr{t: one(k), format: text, run: func(m *machine, _ []*expr, mask uint64) (out vals) {
		forEach(mask, func(thread int) { out[thread][0] = f(m, thread) })
		return out
	}}
}

var (
	thread  = builtin("tid", uwhole, func(_ *machine, t int) uint64 { return uint64(t) })
	lane    = builtin("lane", uwhole, func(_ *machine, t int) uint64 { return uint64(t % 32) })
	group   = builtin("group.x", uwhole, func(m *machine, _ int) uint64 { return uint64(m.group) })
	column  = builtin("pos.x", uwhole, func(m *machine, t int) uint64 { return uint64(t) % uint64(m.shape.size[0]) })
	row     = builtin("pos.y", uwhole, func(m *machine, t int) uint64 { return uint64(t) / uint64(m.shape.size[0]) })
	uniform = [4]*expr{}
)

// uniforms are the numbers in constant memory that every kernel reads.
var uniforms = [4]uint32{3, 1, 6, 0}

func init() {
	for i, u := range uniforms {
		uniform[i] = builtin("n["+string(rune('0'+i))+"]", uwhole, func(*machine, int) uint64 { return uint64(u) })
	}
}

// frame is a function under way: which threads have left it, or the loop or switch that they are in.
type frame struct {
	*machine
	returned    uint64
	broke, went uint64
}

// stmt is a statement. Its head and tail are formats of its expressions.
type stmt struct {
	head, els, tail string
	exprs           []*expr
	body, other     []*stmt
	// run carries it out for the threads of a mask, and returns those that go on behind it.
	run    func(f *frame, s *stmt, mask uint64) uint64
	names  []any // variables and memories that it names beside its expressions'
	labels []int // of a case of a switch
	usual  bool  // a case is the default
	pinned bool  // it stays while a kernel is made smaller
}

// maxSteps bounds a kernel that does not end.
const maxSteps = 200_000

func (f *frame) block(body []*stmt, mask uint64) uint64 {
	for _, s := range body {
		if mask == 0 {
			return 0
		}
		if f.steps++; f.steps > maxSteps {
			panic("it does not end")
		}
		mask = s.run(f, s, mask)
	}
	return mask
}

// simple is a statement that all threads go on behind.
func simple(format string, do func(f *frame, s *stmt, mask uint64), exprs ...*expr) *stmt {
	return &stmt{head: format, exprs: exprs, run: func(f *frame, s *stmt, mask uint64) uint64 {
		do(f, s, mask)
		return mask
	}}
}

// set is an assignment to a variable.
func set(v *variable, e *expr) *stmt {
	s := simple(v.name+" = %[1]s;", func(f *frame, s *stmt, mask uint64) {
		f.assign(v, s.exprs[0].eval(f.machine, mask), mask)
	}, e)
	s.names = []any{v}
	return s
}

// when is an if, perhaps with an else.
func when(c *expr, body, other []*stmt) *stmt {
	s := &stmt{head: "if (%[1]s) {", tail: "}", exprs: []*expr{c}, body: body, other: other}
	if other != nil {
		s.els = "} else {"
	}
	s.run = func(f *frame, s *stmt, mask uint64) uint64 {
		yes := s.exprs[0].isTrue(f.machine, mask)
		on := f.block(s.body, yes)
		return on | f.block(s.other, mask&^yes)
	}
	return s
}

// turns is a loop: begin is carried out before the first turn, next between two, and going says who takes a turn. Its threads
// begin each turn together, and those that leave wait until the last has.
type turns struct {
	begin, next func(f *frame, s *stmt, mask uint64)
	going       func(f *frame, s *stmt, mask uint64) uint64
	late        bool // the first turn is taken by all
}

func (l turns) run(f *frame, s *stmt, mask uint64) uint64 {
	broke, went := f.broke, f.went
	left := uint64(0)
	if l.begin != nil {
		l.begin(f, s, mask)
	}
	for first := l.late; mask != 0; first = false {
		if !first {
			on := l.going(f, s, mask)
			left |= mask &^ on
			if mask = on; mask == 0 {
				break
			}
		}
		f.broke, f.went = 0, 0
		mask = f.block(s.body, mask) | f.went
		left |= f.broke
		if l.next != nil && mask != 0 {
			l.next(f, s, mask)
		}
		if f.steps++; f.steps > maxSteps {
			panic("it does not end")
		}
	}
	f.broke, f.went = broke, went
	return left
}

func breaks() *stmt {
	return &stmt{head: "break;", run: func(f *frame, _ *stmt, mask uint64) uint64 { f.broke |= mask; return 0 }}
}

func continues() *stmt {
	return &stmt{head: "continue;", run: func(f *frame, _ *stmt, mask uint64) uint64 { f.went |= mask; return 0 }}
}

// choose is a switch over the lowest two bits of a number. Its body are cases.
func choose(e *expr, cases []*stmt) *stmt {
	s := &stmt{head: "switch (%[1]s) {", tail: "}", exprs: []*expr{e}, body: cases}
	s.run = func(f *frame, s *stmt, mask uint64) uint64 {
		v := s.exprs[0].eval(f.machine, mask)
		broke := f.broke
		f.broke = 0
		other := mask
		at := func(label int) (here uint64) {
			forEach(mask, func(thread int) {
				if v[thread][0] == uint64(label) {
					here |= 1 << thread
				}
			})
			return here
		}
		hasUsual := false
		for _, c := range s.body {
			for _, label := range c.labels {
				other &^= at(label)
			}
			hasUsual = hasUsual || c.usual
		}
		here := uint64(0)
		for _, c := range s.body {
			for _, label := range c.labels {
				here |= at(label)
			}
			if c.usual {
				here |= other
			}
			here = f.block(c.body, here)
		}
		if !hasUsual {
			here |= other
		}
		here |= f.broke
		f.broke = broke
		return here
	}
	return s
}
