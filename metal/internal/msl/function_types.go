package msl

// To clang every function type that is written out in a struct is a method's, with an object in generic memory, and there are no
// pointers to such functions. In the arguments of a template it is none. So where a struct's member is declared by way of a
// function type, the type gets a name first:
//
//	float (*f[2])(float) = {a, b};         ::metal::msl_detail::declared_type<float (*)(float)> f[2] = {a, b};
//	typedef float (*F)(float);             typedef ::metal::msl_detail::declared_type<float (*)(float)> F;
//	float (*pick(int i) const)(float);     ::metal::msl_detail::declared_type<float (*)(float)> pick(int i) const;
//	typedef float H(float);                typedef ::metal::msl_detail::declared_type<float (float)> H;

// declaredType is the template of our headers that is the type it is given.
const declaredType = "declared_type"

// nameFunctionTypes does this in all structs of the text, before anything else is looked for in it: tokens change their places.
func (u *unit) nameFunctionTypes() {
	members := map[int][]token{} // the first token of a member to what stands for it
	ends := map[int]int{}
	for i := range u.tokens {
		if !u.isOneOf(i, "struct", "class", "union") {
			continue
		}
		body := u.structBody(i)
		if body < 0 {
			continue
		}
		for j, end := body+1, u.tokens[body].pair; j < end; {
			d := u.declarationAt(j, end, scope{})
			if u.isOneOf(j, "public", "private", "protected") && u.is(j+1, ":") {
				d.to = j + 2
			}
			stop := max(d.to, j+1)
			if d.hasBody() {
				d.to = d.body
			}
			if named := u.namedMember(j, d.to); named != nil {
				members[j], ends[j] = named, d.to
			}
			j = stop
		}
	}
	if len(members) == 0 {
		return
	}
	var tokens []token
	for i := 0; i < len(u.tokens); i++ {
		if named := members[i]; named != nil {
			tokens = append(tokens, named...)
			i = ends[i] - 1
			continue
		}
		tokens = append(tokens, u.tokens[i])
	}
	for i := range tokens {
		tokens[i].pair = -1
	}
	u.tokens = tokens
	u.pairBrackets() // they were paired before
}

// structBody is the { of the struct whose tag is at i, or -1 where the tag only names one.
func (u *unit) structBody(i int) int {
	for i++; i < len(u.tokens); i++ {
		switch {
		case u.is(i, "{"):
			return i
		case u.isAttribute(i):
			i = u.tokens[i].pair
		case u.isOneOf(i, "alignas", "__attribute__") && u.is(i+1, "("):
			i = u.tokens[i+1].pair
		case u.is(i, "<"):
			end := u.closingAngle(i)
			if end < 0 {
				return -1
			}
			i = end
		case u.isIdentifier(i) || u.isOneOf(i, "::", ":", ",", ""):
		default:
			return -1
		}
	}
	return -1
}

// storageWords say of a member what is no part of its type.
var storageWords = map[string]bool{"typedef": true, "static": true, "constexpr": true, "inline": true, "mutable": true, "friend": true}

// namedMember is the member that tokens [from, to) declare with its function types named; nil where it has none to name.
func (u *unit) namedMember(from, to int) []token {
	first := from
	for first < to && (storageWords[u.tokens[first].text] || u.isAttribute(first) || u.is(first, "template")) {
		switch {
		case u.isAttribute(first):
			first = u.tokens[first].pair + 1
		case u.is(first, "template"):
			end := -1
			if u.is(first+1, "<") {
				end = u.closingAngle(first + 1)
			}
			if end < 0 {
				return nil
			}
			first = end + 1
		default:
			first++
		}
	}
	end := to
	semicolon := u.is(end-1, ";")
	if semicolon {
		end--
	}
	if u.isOneOf(first, "using", "static_assert") {
		return nil
	}
	if name := u.declaratorName(first, end); u.is(from, "typedef") && name > first && u.is(name+1, "(") && u.tokens[name+1].pair == end-1 && semicolon {
		named := append(u.declaredAs(name, u.copied(first, name), u.copied(name+1, end)), u.tokens[name])
		return append(append(u.copied(from, first), named...), u.tokens[end])
	}
	parts := u.split(first, end)
	base, written, any := []token(nil), []token(nil), false
	for n, part := range parts {
		open, last := u.functionDeclarator(part[0], part[1], n == 0)
		if n == 0 { // the type of all: it ends where the first declarator begins
			if open < 0 {
				open = u.declaratorBegin(part[0], part[1])
			}
			for open-1 > part[0] && u.isOneOf(open-1, "*", "&") {
				open--
			}
			base = u.copied(part[0], open)
		} else {
			written = append(written, u.sign(part[0], ";"))
			written = append(written, u.copied(from, first)...)
			open = part[0]
		}
		if len(base) == 0 {
			return nil
		}
		if last < 0 {
			written = append(append(written, base...), u.copied(open, part[1])...)
			continue
		}
		any = true
		written = append(written, u.namedDeclarator(base, open, part[1])...)
	}
	if !any {
		return nil
	}
	written = append(u.copied(from, first), written...)
	if semicolon {
		written = append(written, u.tokens[end])
	}
	return written
}

// functionDeclarator finds the declarator in [from, to) that has a function type, as (*f[2])(float): its ( and the ) of its
// parameters. They are -1 where there is none.
func (u *unit) functionDeclarator(from, to int, afterType bool) (open, last int) {
	for i := from; i < to; i++ {
		switch {
		case u.isOneOf(i, "=", "{", ":", "operator"):
			return -1, -1
		case u.isOneOf(i, "decltype", "alignas", "__attribute__") && u.is(i+1, "("):
			i = u.tokens[i+1].pair
		case u.is(i, "<") && u.isIdentifier(i-1):
			if end := u.closingAngle(i); end > 0 && end < to {
				i = end
			}
		case u.is(i, "("):
			close := u.tokens[i].pair
			if (i > from || !afterType) && u.isOneOf(i+1, "*", "&", "&&") && u.is(close+1, "(") {
				return i, u.tokens[close+1].pair
			}
			return -1, -1
		}
	}
	return -1, -1
}

// declaratorBegin is where the type in front of a first declarator ends that has no function type.
func (u *unit) declaratorBegin(from, to int) int {
	stop := from
	for stop < to && !u.isOneOf(stop, "=", "{", "[", ":") {
		if u.is(stop, "<") && u.isIdentifier(stop-1) {
			if end := u.closingAngle(stop); end > 0 && end < to {
				stop = end
			}
		}
		stop++
	}
	return max(u.declaratorName(from, stop), from)
}

// namedDeclarator is the declarator in [open, to), which has a function type, behind the name of its type.
func (u *unit) namedDeclarator(base []token, open, to int) []token {
	at := open
	for !u.is(at, "(") { // pointers that belong to the type: float *(*f)(float)
		at++
	}
	base = append(base[:len(base):len(base)], u.copied(open, at)...)
	close := u.tokens[at].pair
	last := u.tokens[close+1].pair
	rest := at + 1
	for rest < close && (u.isOneOf(rest, "*", "&", "&&", "const", "volatile") || addressSpaces[u.tokens[rest].text] != "") {
		rest++
	}
	named := u.declaredAs(at, base, append(u.copied(at, rest), u.copied(close, last+1)...))
	declarator := append(u.copied(rest, close), u.copied(last+1, to)...)
	if len(declarator) > 0 && declarator[0].space == "" {
		declarator[0].space = " "
	}
	if nested, _ := u.functionDeclarator(rest, close, false); nested == rest { // (*(*f)(int))(float): of what f returns
		inner := &unit{tokens: declarator, templates: u.templates}
		for i := range inner.tokens {
			inner.tokens[i].pair = -1
		}
		inner.pairBrackets()
		return inner.namedDeclarator(named, 0, len(declarator))
	}
	return append(named, declarator...)
}

// declaredAs is the name of the type that is written base and then suffix, where token i stands.
func (u *unit) declaredAs(i int, base, suffix []token) []token {
	var named []token
	for _, word := range []string{"::", "metal", "::", "msl_detail", "::", declaredType, "<"} {
		named = append(named, u.sign(i, word))
	}
	named[0].space = base[0].space
	named = append(named, base...)
	named[len(named)-len(base)].space = ""
	named = append(named, suffix...)
	return append(named, u.sign(i, ">"))
}

// copied is a copy of tokens [from, to).
func (u *unit) copied(from, to int) []token { return append([]token(nil), u.tokens[from:to]...) }

// sign is a token that stands where token i does.
func (u *unit) sign(i int, text string) token {
	t := u.tokens[i]
	t.space, t.before, t.text, t.original, t.after, t.pair = "", "", text, "", "", -1
	t.kind = punctuation
	if text[0] == 'm' || text == declaredType {
		t.kind = identifier
	}
	return t
}
