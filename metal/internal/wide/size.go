package wide

import (
	"strconv"
	"strings"
)

// layout is how much memory a type takes, and at which multiples it lies; ok is false where that is not known here.
func (m *module) layout(t string) (size, align int64, ok bool) {
	switch {
	case t == "ptr" || t == "double" || t == "i64":
		return 8, 8, true
	case t == "float" || t == "i32":
		return 4, 4, true
	case t == "half" || t == "bfloat" || t == "i16":
		return 2, 2, true
	case t == "i8" || t == "i1":
		return 1, 1, true
	case strings.HasPrefix(t, "%"):
		body := m.structs[t]
		if body == "" {
			return 0, 0, false
		}
		return m.layout(body)
	case strings.HasPrefix(t, "["):
		n, element, ok := arrayOf(t)
		if !ok {
			return 0, 0, false
		}
		size, align, ok := m.layout(element)
		return n * size, align, ok
	case strings.HasPrefix(t, "<{"):
		return m.members(t[2:len(t)-2], true)
	case strings.HasPrefix(t, "{"):
		return m.members(t[1:len(t)-1], false)
	case strings.HasPrefix(t, "<"):
		n, element, ok := vectorOf(t)
		size, _, ok2 := m.layout(element)
		if !ok || !ok2 || element == "i1" {
			return 0, 0, false
		}
		whole := int64(1)
		for whole < n*size {
			whole *= 2
		}
		return whole, whole, true
	}
	return 0, 0, false
}

func (m *module) members(list string, packed bool) (size, align int64, ok bool) {
	align = 1
	for _, t := range splitTop(list) {
		s, a, ok := m.layout(t)
		if !ok {
			return 0, 0, false
		}
		if packed {
			a = 1
		}
		size = (size+a-1)/a*a + s
		align = max(align, a)
	}
	return (size + align - 1) / align * align, align, true
}

// memberAt is a struct's member with its offset.
func (m *module) memberAt(t string, index int) (offset int64, member string, ok bool) {
	packed := strings.HasPrefix(t, "<{")
	list := splitTop(strings.TrimSuffix(strings.TrimPrefix(strings.Trim(t, "<>"), "{"), "}"))
	if index < 0 || index >= len(list) {
		return 0, "", false
	}
	for n, member := range list {
		s, a, ok := m.layout(member)
		if !ok {
			return 0, "", false
		}
		if packed {
			a = 1
		}
		offset = (offset + a - 1) / a * a
		if n == index {
			return offset, member, true
		}
		offset += s
	}
	return 0, "", false
}

// arrayOf takes [N x T] apart.
func arrayOf(t string) (n int64, element string, ok bool) {
	if !strings.HasPrefix(t, "[") {
		return 0, "", false
	}
	return counted(t[1 : len(t)-1])
}

// vectorOf takes <N x T> apart.
func vectorOf(t string) (n int64, element string, ok bool) {
	if !strings.HasPrefix(t, "<") || strings.HasPrefix(t, "<{") {
		return 0, "", false
	}
	return counted(t[1 : len(t)-1])
}

func counted(s string) (int64, string, bool) {
	count, element, ok := strings.Cut(strings.TrimSpace(s), " x ")
	n, err := strconv.ParseInt(count, 10, 64)
	return n, strings.TrimSpace(element), ok && err == nil
}

// step is one index of a getelementptr: how many bytes one more of it moves, or, of a struct's member, moved altogether.
type step struct {
	index value
	scale int64
	fixed int64
}

// steps are what a getelementptr's indices move by; ok is false where a type's size is not known.
func (m *module) steps(i *inst) ([]step, bool) {
	var all []step
	t := i.src
	for n, index := range i.args[1:] {
		if n == 0 {
			size, _, ok := m.layout(t)
			if !ok {
				return nil, false
			}
			all = append(all, step{index: index, scale: size})
			continue
		}
		body := t
		if strings.HasPrefix(body, "%") {
			body = m.structs[body]
		}
		_, element, isArray := arrayOf(body)
		if !isArray {
			_, element, isArray = vectorOf(body)
		}
		if isArray {
			size, _, ok := m.layout(element)
			if !ok {
				return nil, false
			}
			all = append(all, step{index: index, scale: size})
			t = element
			continue
		}
		member, err := strconv.Atoi(index.text)
		if err != nil {
			return nil, false
		}
		offset, to, ok := m.memberAt(body, member)
		if !ok {
			return nil, false
		}
		all = append(all, step{index: index, fixed: offset})
		t = to
	}
	return all, true
}

// scalarBits is how many bits a number has; 0 for what is none.
func scalarBits(t string) int {
	switch t {
	case "float":
		return 32
	case "double", "ptr":
		return 64
	case "half", "bfloat":
		return 16
	}
	if isInteger(t) {
		n, _ := strconv.Atoi(t[1:])
		return n
	}
	return 0
}

// isOdd reports whether an integer has bytes, but none of the sizes that memory is made of: what LLVM makes of a structure of, say,
// 32 and 16 bits. Its access writes no more than its bytes.
func isOdd(t string) bool {
	n := scalarBits(t)
	return isInteger(t) && n > 8 && n < 64 && n%8 == 0 && n&(n-1) != 0
}

// placeType is as what lanes' values of a type stand side by side in memory.
func placeType(t string) string {
	switch n := scalarBits(t); {
	case t == "i1":
		return "i8"
	case isOdd(t) && n < 32:
		return "i32"
	case isOdd(t):
		return "i64"
	}
	return t
}
