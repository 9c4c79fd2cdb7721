package wide

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// assembled are vectors of one lane that are put together only to be seen as a number, as as_type<ulong>(float2) does: all that is
// left of vectors once LLVM's scalarizer has gone over the kernel.
type assembled map[string]vectorParts

type vectorParts struct {
	text     string   // of the last instruction that put one in
	elements []string // "" where nothing was put
}

var (
	putOne  = regexp.MustCompile(`^(%\S+) = insertelement <(\d+) x (float|half|bfloat|i8|i16|i32)> (\S+), \w+ (\S+), i(?:32|64) (\d+)$`)
	putMany = regexp.MustCompile(`^(%\S+) = shufflevector <(\d+) x (?:float|half|bfloat|i8|i16|i32)> (\S+), <\d+ x \w+> (\S+), <(\d+) x i32> (zeroinitializer|<[^>]*>)$`)
	noWord  = regexp.MustCompile(`[^\w.]`)
	asWhole = regexp.MustCompile(`^(%\S+) = bitcast <(\d+) x (float|half|bfloat|i8|i16|i32)> (%\S+) to (i\d+)$`)
)

// apart is an instruction as those of numbers: none for one that puts an element into a vector, shifts and ors for one that makes a
// number of a vector, else the instruction itself.
func (a assembled) apart(text string) []string {
	if !strings.Contains(text, " x ") { // no vector: nearly every line
		return []string{text}
	}
	if m := putOne.FindStringSubmatch(text); m != nil {
		count, _ := strconv.Atoi(m[2])
		at, _ := strconv.Atoi(m[6])
		before, known := a[m[4]]
		if !known && m[4] != "poison" && m[4] != "undef" || at >= count || count > 8 {
			return []string{text}
		}
		elements := make([]string, count)
		copy(elements, before.elements)
		elements[at] = m[5]
		a[m[1]] = vectorParts{text, elements}
		return nil
	}
	if m := putMany.FindStringSubmatch(text); m != nil {
		elements, ok := a.picked(m[3:5], m[2], m[5], m[6])
		if !ok {
			return []string{text}
		}
		a[m[1]] = vectorParts{text, elements}
		return nil
	}
	m := asWhole.FindStringSubmatch(text)
	if m == nil {
		return []string{text}
	}
	v, known := a[m[4]]
	bits, _ := strconv.Atoi(m[5][1:])
	each := scalarBits(m[3])
	if !known || each*len(v.elements) != bits || bits > 64 {
		return []string{text}
	}
	var out []string
	sum := "0"
	for k, x := range v.elements {
		if x == "" {
			continue // whatever it is
		}
		name := func(step string) string { return fmt.Sprintf("%%whole.%s.%d.%s", trimmed(m[1]), k, step) }
		number := "i" + strconv.Itoa(each)
		if number != m[3] {
			out = append(out, fmt.Sprintf("%s = bitcast %s %s to %s", name("bits"), m[3], x, number))
			x = name("bits")
		}
		out = append(out, fmt.Sprintf("%s = zext %s %s to %s", name("wide"), number, x, m[5]),
			fmt.Sprintf("%s = shl %s %s, %d", name("at"), m[5], name("wide"), k*each),
			fmt.Sprintf("%s = or disjoint %s %s, %s", name("sum"), m[5], name("at"), sum))
		sum = name("sum")
	}
	return append(out, fmt.Sprintf("%s = freeze %s %s", m[1], m[5], sum))
}

// picked are the elements of two vectors, one behind the other, that a shuffle asks for: float2(x) is made so.
func (a assembled) picked(from []string, each, count, places string) (elements []string, ok bool) {
	size, _ := strconv.Atoi(each)
	wanted, _ := strconv.Atoi(count)
	if size > 8 || wanted > 8 {
		return nil, false
	}
	both := make([]string, 2*size)
	for k, name := range from {
		v, known := a[name]
		if !known && name != "poison" && name != "undef" {
			return nil, false
		}
		copy(both[k*size:], v.elements)
	}
	elements = make([]string, wanted)
	if places == "zeroinitializer" {
		for k := range elements {
			elements[k] = both[0]
		}
		return elements, true
	}
	for k, place := range strings.Split(places[1:len(places)-1], ", ") {
		at, err := strconv.Atoi(strings.TrimPrefix(place, "i32 "))
		switch {
		case k >= wanted || err == nil && (at < 0 || at >= len(both)):
			return nil, false
		case err == nil:
			elements[k] = both[at]
		}
	}
	return elements, true
}

// trimmed is a name without its sign and quotes.
func trimmed(name string) string {
	return noWord.ReplaceAllString(name, "_")[1:]
}

// check refuses a function that uses such a vector otherwise.
func (a assembled) check(f *function) error {
	if len(a) == 0 {
		return nil
	}
	for _, b := range f.blocks {
		for _, i := range b.insts {
			for _, x := range i.args {
				if v, ok := a[x.text]; ok {
					return refuse("an instruction that is not known: %s", v.text)
				}
			}
		}
	}
	return nil
}
