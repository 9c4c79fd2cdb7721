package wide

import (
	"fmt"
	"strings"
)

const four = 4

// inFours goes on from lookForRow where all lanes load from addresses that are no row: often each four of them are neighbours, as where
// four lanes share a row of a matrix, or load the same, as where they share a value. Then there is a load for each four. What
// it is else is told by the text otherwise.
func inFours(t string, size int64, align int, otherwise string) string {
	w := wideType(t)
	part := fmt.Sprintf("<%d x %s>", four, t)
	var firsts, steps []int64
	for n := range int64(lanes) {
		firsts, steps = append(firsts, n/four*four), append(steps, n%four*size)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %%all = icmp eq i32 %%here, -1\n  br i1 %%all, label %%fours, label %%otherwise\nfours:\n"+
		"  %%firsts = shufflevector <32 x i64> %%a, <32 x i64> poison, <32 x i32> %s\n  %%past = sub <32 x i64> %%a, %%firsts\n", picks(firsts))
	fmt.Fprintf(&b, "  %%ne.beside = icmp ne <32 x i64> %%past, %s\n  %%off.beside = bitcast <32 x i1> %%ne.beside to i32\n"+
		"  %%beside = icmp eq i32 %%off.beside, 0\n  br i1 %%beside, label %%neighbours, label %%shared\n", constants("i64", steps))
	b.WriteString("neighbours:\n")
	for n := range lanes / four {
		fmt.Fprintf(&b, "  %%an%d = extractelement <32 x i64> %%a, i64 %d\n  %%pn%[1]d = inttoptr i64 %%an%[1]d to ptr\n  %%n%[1]d = load %[3]s, ptr %%pn%[1]d, align %[4]d\n",
			n, n*four, part, align)
	}
	b.WriteString(joinFours("n", t) + fmt.Sprintf("  ret %s %%n.all\nshared:\n", w))
	fmt.Fprintf(&b, "  %%ne.same = icmp ne <32 x i64> %%past, zeroinitializer\n  %%off.same = bitcast <32 x i1> %%ne.same to i32\n"+
		"  %%same = icmp eq i32 %%off.same, 0\n  br i1 %%same, label %%alike, label %%otherwise\nalike:\n")
	last := "poison"
	for n := range lanes / four {
		fmt.Fprintf(&b, "  %%as%d = extractelement <32 x i64> %%a, i64 %d\n  %%ps%[1]d = inttoptr i64 %%as%[1]d to ptr\n  %%s%[1]d = load %[3]s, ptr %%ps%[1]d, align %[4]d\n"+
			"  %%put%[1]d = insertelement %[5]s %[6]s, %[3]s %%s%[1]d, i64 %[2]d\n", n, n*four, t, align, w, last)
		last = fmt.Sprintf("%%put%d", n)
	}
	fmt.Fprintf(&b, "  %%s.all = shufflevector %s %s, %[1]s poison, <32 x i32> %[3]s\n  ret %[1]s %%s.all\notherwise:\n", w, last, picks(firsts))
	return b.String() + otherwise
}

// joinFours joins eight values of four lanes, %n0 to %n7, to %n.all.
func joinFours(name, t string) string {
	var b strings.Builder
	names, each := make([]string, 0, lanes/four), int64(four)
	for n := range lanes / four {
		names = append(names, fmt.Sprintf("%%%s%d", name, n))
	}
	for ; len(names) > 1; each *= 2 {
		var joined []string
		var order []int64
		for n := range 2 * each {
			order = append(order, n)
		}
		for n := 0; n < len(names); n += 2 {
			made := names[n] + "." + fmt.Sprint(2*each)
			if len(names) == 2 {
				made = "%" + name + ".all"
			}
			fmt.Fprintf(&b, "  %s = shufflevector <%d x %s> %s, <%[2]d x %[3]s> %[5]s, <%d x i32> %s\n", made, each, t, names[n], names[n+1], 2*each, picks(order))
			joined = append(joined, made)
		}
		names = joined
	}
	return b.String()
}
