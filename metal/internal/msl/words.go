package msl

// dropWords takes out of the text what means nothing here: extern "C", because nothing is linked with this text and what
// is added to structs are templates; and coherent or coherent(device), because all memory is.
func (u *unit) dropWords() {
	for i := range u.tokens {
		switch {
		case u.is(i, "extern") && i+1 < len(u.tokens) && u.tokens[i+1].kind == text:
			body := i + 2
			u.blank(i, body)
			u.tokens[i+1].kind = punctuation
			if u.is(body, "{") {
				end := u.tokens[body].pair
				u.blank(body, body+1)
				u.blank(end, end+1)
				u.tokens[body].pair, u.tokens[end].pair = -1, -1
			}
		case u.is(i, "coherent"):
			end := i + 1
			if u.is(end, "(") && u.isOneOf(end+1, "device", "system", "threadgroup", "simdgroup", "thread") && u.is(end+2, ")") {
				end += 3
			} else if !u.isOneOf(end, "device", "const", "volatile") && !u.isOneOf(i-1, "device", "const", "volatile") {
				continue // a name
			}
			for j := i; j < end; j++ {
				u.tokens[j].pair = -1
			}
			u.blank(i, end)
		}
	}
}
