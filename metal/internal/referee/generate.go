package referee

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Node is a statement of a random kernel: what stands before, between and behind the statements in it.
type Node struct {
	Head, Else, Tail string
	Body, Other      []*Node
}

// Kernel is a random kernel that diverges. It reads 64 elements of buffer 0 and writes 32 of buffer 1.
type Kernel struct {
	Name   string
	Body   []*Node
	Helper []*Node // the body of a function that it calls
}

const prelude = "#include <metal_stdlib>\nusing namespace metal;\n"

// Text is a text with these kernels.
func Text(kernels ...*Kernel) string {
	var b strings.Builder
	b.WriteString(prelude)
	for _, k := range kernels {
		fmt.Fprintf(&b, "uint %s_helper(uint x, uint y, uint lane) {\n  uint r = x;\n", k.Name)
		write(&b, k.Helper, "  ")
		b.WriteString("  return r;\n}\n")
		fmt.Fprintf(&b, "kernel void %s(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],\n"+
			"    uint lane [[thread_index_in_simdgroup]]) {\n  uint x = in[lane], y = in[lane + 32], r = 0;\n", k.Name)
		write(&b, k.Body, "  ")
		b.WriteString("  out[lane] = r;\n}\n")
	}
	return b.String()
}

func write(b *strings.Builder, nodes []*Node, indent string) {
	for _, n := range nodes {
		fmt.Fprintf(b, "%s%s\n", indent, n.Head)
		write(b, n.Body, indent+"  ")
		if n.Else != "" {
			fmt.Fprintf(b, "%s%s\n", indent, n.Else)
			write(b, n.Other, indent+"  ")
		}
		if n.Tail != "" {
			fmt.Fprintf(b, "%s%s\n", indent, n.Tail)
		}
	}
}

// generator writes one function's body.
type generator struct {
	*rand.Rand
	name    string
	helper  bool // it writes the helper, which returns and calls nobody
	names   int
	fuel    int // statements left
	inLoop  bool
	within  bool // in a loop or a switch: a break ends it
	alone   bool // no operations: lanes ask nothing of each other
	widened int  // turns of the loops around, at most
}

// Generate writes the random kernel of a seed.
func Generate(name string, seed uint64) *Kernel {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	helper := &generator{Rand: r, name: name, helper: true, fuel: 5, widened: 1}
	body := &generator{Rand: r, name: name, fuel: 8 + r.IntN(10), widened: 1}
	return &Kernel{Name: name, Helper: helper.nodes(2), Body: body.nodes(4)}
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

// number is an expression of a uint.
func (g *generator) number(depth int) string {
	if depth == 0 || g.IntN(4) == 0 {
		return g.pick("x", "y", "lane", "r", fmt.Sprintf("%du", g.IntN(9)))
	}
	a := g.number(depth - 1)
	kind := g.IntN(9)
	if g.alone && (kind == 1 || kind == 2) {
		if g.helper {
			return a
		}
		return fmt.Sprintf("in[(%s + %s) & 63u]", a, g.number(depth-1))
	}
	switch kind {
	case 0:
		return fmt.Sprintf("(%s > %s ? %s : %s)", a, g.number(depth-1), g.number(depth-1), g.number(depth-1))
	case 1:
		return g.operation(depth - 1)
	case 2:
		return fmt.Sprintf("(%s ? %s : %s)", g.condition(depth-1), g.operation(depth-1), g.number(depth-1))
	case 3:
		return fmt.Sprintf("(%s >> (%s & 7u))", a, g.number(depth-1))
	case 4:
		return fmt.Sprintf("(%s %% (%s | 1u))", a, g.number(depth-1))
	default:
		return fmt.Sprintf("(%s %s %s)", a, g.pick("+", "^", "*", "-", "&", "|"), g.number(depth-1))
	}
}

func (g *generator) condition(depth int) string {
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("(lane & %du) %s %du", 1+g.IntN(7), g.pick("<", ">", "==", "!="), g.IntN(4))
	case 1:
		return fmt.Sprintf("lane %s %du", g.pick("<", ">", ">="), g.IntN(33))
	case 2:
		if depth > 0 {
			return fmt.Sprintf("(%s) %s (%s)", g.condition(depth-1), g.pick("&&", "||"), g.condition(depth-1))
		}
	case 3:
		if depth > 0 && !g.alone {
			return fmt.Sprintf("simd_%s((%s & 3u) == %du)", g.pick("any", "all"), g.number(depth-1), g.IntN(4))
		}
	case 4:
		return fmt.Sprintf("!((%s & 1u) == 0u)", g.number(depth))
	}
	return fmt.Sprintf("%s %s %s", g.number(depth), g.pick("<", ">", "!=", "<="), g.number(depth))
}

// operation is an operation of the simdgroup, or a call that leads to some.
func (g *generator) operation(depth int) string {
	a := g.number(depth)
	switch g.IntN(13) {
	case 0:
		return fmt.Sprintf("uint(simd_sum(float(%s & 255u)))", a)
	case 1:
		return "uint(simd_vote::vote_t(simd_active_threads_mask()))"
	case 2:
		return fmt.Sprintf("uint(simd_vote::vote_t(simd_ballot(%s)))", g.condition(depth))
	case 3:
		return fmt.Sprintf("simd_shuffle(%s, ushort(%s & 31u))", a, g.number(depth))
	case 4:
		return fmt.Sprintf("simd_shuffle_xor(%s, ushort(%du))", a, 1+g.IntN(31))
	case 5:
		return fmt.Sprintf("simd_prefix_%s_sum(%s)", g.pick("inclusive", "exclusive"), a)
	case 6:
		return fmt.Sprintf("simd_broadcast_first(%s)", a)
	case 7:
		return fmt.Sprintf("simd_%s(%s)", g.pick("max", "min", "xor", "or"), a)
	case 8:
		return "(simd_is_first() ? 1u : 0u)"
	case 9, 10:
		if !g.helper && g.widened < 30 {
			return fmt.Sprintf("%s_helper(%s, %s, lane)", g.name, a, g.number(depth))
		}
	}
	return fmt.Sprintf("simd_sum(%s)", a)
}

func (g *generator) nodes(depth int) []*Node {
	var all []*Node
	for n := 1 + g.IntN(4); n > 0 && g.fuel > 0; n-- {
		g.fuel--
		all = append(all, g.node(depth)...)
	}
	return all
}

func (g *generator) fresh(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

// inside is what stands in a loop of so many turns at most, or, of one turn, in a branch.
func (g *generator) inside(turns int, depth int) []*Node {
	loop, within, widened := g.inLoop, g.within, g.widened
	if turns > 1 {
		g.inLoop, g.within = true, true
	}
	g.widened *= turns
	body := g.nodes(depth)
	g.inLoop, g.within, g.widened = loop, within, widened
	return body
}

func (g *generator) node(depth int) []*Node {
	one := func(head string, body []*Node, tail string) []*Node {
		return []*Node{{Head: head, Body: body, Tail: tail}}
	}
	kind := g.IntN(21)
	if depth == 0 && (kind >= 4 && kind < 13 || kind > 18) {
		kind = 0
	}
	if g.widened > 40 && kind >= 7 && kind < 11 {
		kind = 4
	}
	switch kind {
	case 4, 5, 6:
		n := &Node{Head: "if (" + g.condition(1) + ") {", Body: g.inside(1, depth-1), Tail: "}"}
		if g.IntN(2) == 0 {
			n.Else, n.Other = "} else {", g.inside(1, depth-1)
		}
		return []*Node{n}
	case 7, 8:
		j := g.fresh("j")
		step := j + "++"
		if g.IntN(4) == 0 { // an operation that the turn ends with
			step = fmt.Sprintf("%s += 1u + (%s & 1u)", j, g.operation(0))
		}
		return one(fmt.Sprintf("for (uint %s = 0; %s < (%s & 3u); %s) {", j, j, g.number(1), step), g.inside(3, depth-1), "}")
	case 9:
		w := g.fresh("w")
		return one(fmt.Sprintf("for (uint %s = %s & 3u; %s > 0u; %s -= 1u) {", w, g.number(1), w, w), g.inside(3, depth-1), "}")
	case 10:
		d, condition := g.fresh("d"), g.condition(1)
		if g.IntN(2) == 0 {
			return one(fmt.Sprintf("{ uint %s = 0; while (%s < 3u && (%s)) { %s += 1u;", d, d, condition, d), g.inside(3, depth-1), "} }")
		}
		return one(fmt.Sprintf("{ uint %s = 0; do { %s += 1u;", d, d), g.inside(3, depth-1), fmt.Sprintf("} while (%s < 3u && (%s)); }", d, condition))
	case 11, 12:
		return []*Node{g.choice(depth)}
	case 13:
		if g.within {
			return one(fmt.Sprintf("if (%s) %s", g.condition(1), g.leave()), nil, "")
		}
	case 14:
		if g.IntN(3) == 0 {
			return one(fmt.Sprintf("if (%s) %s", g.condition(1), g.returns()), nil, "")
		}
	case 16, 17:
		// What lanes do on their way out: operations, also of turns of their own, before they leave.
		if g.within || g.IntN(3) == 0 {
			end := g.returns()
			if g.within && g.IntN(4) > 0 {
				end = g.leave()
			}
			return one("if ("+g.condition(1)+") {", g.inside(1, max(depth-1, 0)), end+" }")
		}
	case 18:
		// A loop whose only way out is in its middle.
		if depth > 0 && g.widened <= 40 {
			d := g.fresh("d")
			head := fmt.Sprintf("{ uint %s = 0; while (true) { %s += 1u;", d, d)
			loop := g.inLoop
			g.inLoop = false // who is past the last turn does not go on to a next
			out := &Node{Head: fmt.Sprintf("if (%s > 3u || (%s)) {", d, g.condition(1)), Body: g.inside(1, 0), Tail: "break; }"}
			g.inLoop = loop
			body := append([]*Node{out}, g.inside(3, depth-1)...)
			if g.IntN(2) == 0 { // the way out is the last thing of a turn
				body[0] = &Node{Head: fmt.Sprintf("if (%s > 3u) break;", d)}
				body = append(body, out)
			}
			if g.IntN(3) == 0 { // some lanes go round before they come to the way out, where the others wait for nobody
				if g.IntN(2) == 0 { // where all take the same way, as long as nobody waits
					body = append([]*Node{{Head: fmt.Sprintf("if (%s > 3u) break;", d)}}, g.inside(3, 0)...)
				}
				late := fmt.Sprintf("if (%s < (%s & 3u)) { %s += %s; continue; }", d, g.number(1), g.pick("x", "y", "r"), g.number(1))
				body = append([]*Node{{Head: late}}, body...)
			}
			return []*Node{{Head: head, Body: body, Tail: "} }"}}
		}
	case 19, 20:
		return []*Node{g.loopsInARow()}
	case 15:
		return one(fmt.Sprintf("%s = %s;", g.pick("x", "y"), g.number(2)), nil, "")
	}
	return one(fmt.Sprintf("r = r * 31u + %s;", g.operation(1)), nil, "")
}

// loopsInARow are loops without operations, for some lanes: a compiler is free to make the end of one the head of the next.
func (g *generator) loopsInARow() *Node {
	g.alone = true
	defer func() { g.alone = false }()
	var loops []*Node
	for range 2 + g.IntN(2) {
		d := g.fresh("d")
		turn := &Node{Head: fmt.Sprintf("%s = %s;", g.pick("x", "y", "r"), g.number(2))}
		head := fmt.Sprintf("{ uint %s = 0; while (%s < (%s & 31u)) { %[1]s += 1u;", d, d, g.number(1))
		if g.IntN(2) == 0 {
			v := g.pick("x", "y")
			head = fmt.Sprintf("{ uint %s = 0; while ((%s & %du) != 0u && %[1]s < 40u) { %[1]s += 1u; %[2]s = %[2]s >> 1;", d, v, 255>>g.IntN(6))
			turn.Head = fmt.Sprintf("r += %s;", g.number(1))
		}
		loops = append(loops, &Node{Head: head, Body: []*Node{turn}, Tail: "} }"})
	}
	if g.IntN(2) == 0 { // one round the others
		w := g.fresh("w")
		loops = []*Node{{Head: fmt.Sprintf("for (uint %s = lane & %du; %s > 0u; %s -= 1u) {", w, 1+g.IntN(7), w, w), Body: loops, Tail: "}"}}
	}
	return &Node{Head: "if (" + g.condition(1) + ") {", Body: loops, Tail: "}"}
}

// leave is how a lane goes on to the next turn, or leaves the loop or switch that it is in.
func (g *generator) leave() string {
	if g.inLoop && g.IntN(2) == 0 {
		return "continue;"
	}
	return "break;"
}

// returns is how a lane returns; the kernel's own stores what it has first.
func (g *generator) returns() string {
	if g.helper {
		return "return " + g.number(1) + ";"
	}
	return "{ out[lane] = r; return; }"
}

// choice is a switch, with labels that share statements and labels that others fall through to.
func (g *generator) choice(depth int) *Node {
	within := g.within
	g.within = true
	defer func() { g.within = within }()
	labels := []string{"case 0:", "case 2:", "default:", "case 1:"}
	g.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	var cases []*Node
	for left := labels[:2+g.IntN(3)]; len(left) > 0; left = left[1:] {
		head := left[0]
		if len(left) > 1 && g.IntN(5) == 0 {
			head, left = head+" "+left[1], left[1:]
		}
		end := "}"
		switch g.IntN(6) {
		case 0, 1, 2:
			end = "} break;"
		case 3:
			end = g.leave() + " }"
		}
		cases = append(cases, &Node{Head: head + " {", Body: g.inside(1, depth-1), Tail: end})
	}
	return &Node{Head: fmt.Sprintf("switch (%s & 3u) {", g.number(1)), Body: cases, Tail: "}"}
}
