package referee

var precedence = map[string]int{"||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
	"<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10}

func (p *parser) expression() *expr {
	e := p.binary(1)
	if !p.accept("?") {
		return e
	}
	yes := p.expression()
	p.want(":")
	return &expr{op: "?:", parts: []*expr{e, yes, p.expression()}}
}

func (p *parser) binary(least int) *expr {
	left := p.unary()
	for {
		op := p.peek()
		n, ok := precedence[op]
		if !ok || n < least {
			return left
		}
		p.next()
		left = &expr{op: op, parts: []*expr{left, p.binary(n + 1)}}
	}
}

func (p *parser) unary() *expr {
	switch op := p.peek(); op {
	case "!", "-", "~":
		p.next()
		return &expr{op: op + "x", parts: []*expr{p.unary()}}
	}
	return p.postfix()
}

func (p *parser) postfix() *expr {
	word := p.next()
	if word == "(" {
		e := p.expression()
		p.want(")")
		return e
	}
	if c := word[0]; c >= '0' && c <= '9' {
		return &expr{op: "number", text: word}
	}
	switch word {
	case "true":
		return &expr{op: "number", text: "1"}
	case "false":
		return &expr{op: "number", text: "0"}
	}
	for p.accept("::") {
		word += "::" + p.next()
	}
	if word == "as_type" {
		p.want("<")
		word += p.next()
		p.want(">")
	}
	switch {
	case p.accept("("):
		e := &expr{op: "call", text: word}
		for !p.accept(")") {
			e.parts = append(e.parts, p.expression())
			p.accept(",")
		}
		return e
	case p.accept("["):
		e := &expr{op: "index", text: word, parts: []*expr{p.expression()}}
		p.want("]")
		return e
	case p.accept("."):
		return &expr{op: "name", text: word + "." + p.next()}
	}
	return &expr{op: "name", text: word}
}
