package wide

import (
	"regexp"
	"slices"
	"strings"
)

// stay declares what stands at the head of a loop that LLVM is to leave as it is: a call that nothing may double, move or
// pass over. Readers leave it out.
const stay = "declare void @" + prefix + "stay() convergent noduplicate nomerge nounwind willreturn memory(inaccessiblemem: readwrite)\n"

// KeepLoops tells LLVM to leave the text's loops around operations as they are, in some entry points of a text in which all calls have
// become part of them, and nothing else is done yet. Turns that are written one after the other, or one of them in front, share the
// way out, and an operation there is of no one turn any more. So is one behind a test that is the same in each turn, and that LLVM
// takes out of the loop: who leaves for it does so in the first turn, and comes by one way with those that leave for another reason
// in a later one.
func KeepLoops(text string, entries []string) string {
	lines := strings.SplitAfter(text, "\n")
	var kept strings.Builder
	for n := 0; n < len(lines); n++ {
		kept.WriteString(lines[n])
		if !strings.HasPrefix(lines[n], "define ") || !slices.Contains(entries, definedName(lines[n])) {
			continue
		}
		end := n + 1
		for end < len(lines) && lines[end] != "}\n" {
			end++
		}
		body := lines[n+1 : end]
		heads := headsOfTurns(body)
		for k, line := range body {
			if heads[k] {
				kept.WriteString("  call void @" + prefix + "stay()\n")
			}
			kept.WriteString(line)
		}
		n = end - 1
	}
	return kept.String() + stay
}

var toLabel = regexp.MustCompile(`\blabel %("[^"]*"|[\w.$-]+)`)

// headsOfTurns are the lines of a function's body before which the turns of its marked loops begin: behind the phis of their heads. No
// more of the lines is read than how the blocks follow one another.
func headsOfTurns(lines []string) map[int]bool {
	f := &function{}
	begins, marked := map[*block]int{}, map[*block]bool{}
	var b *block
	for n, line := range lines {
		label, _, ok := strings.Cut(line, ":")
		ok = ok && !strings.HasPrefix(line, " ")
		if ok || b == nil {
			b = &block{name: unquoted(label), insts: []*inst{{op: "br"}}} // what the first is called does not matter: nothing leads to it
			f.blocks, begins[b] = append(f.blocks, b), n
		}
		if ok || begins[b] == n && strings.Contains(line, " = phi ") {
			begins[b] = n + 1
		}
		for _, m := range toLabel.FindAllStringSubmatch(line, -1) {
			b.end().labels = append(b.end().labels, unquoted(m[1]))
		}
		marked[b] = marked[b] || strings.Contains(line, " @"+prefix+"turn(")
	}
	if b == nil || f.connect() != nil {
		return nil
	}
	heads := map[int]bool{}
	for b, head := range waysBack(inOrder(f.blocks[0])) {
		l := &loop{body: map[*block]bool{head: true}}
		l.addWayBack(b)
		if touches(l.body, marked) {
			heads[begins[head]] = true
		}
	}
	return heads
}
