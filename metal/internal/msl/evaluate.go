package msl

import (
	"strconv"
	"strings"
)

// evaluate computes an integer expression of literals, names, + - * / % << and parentheses, as attribute arguments have
// it. named is what a name stands for, an expression again.
func evaluate(expression string, named map[string]string) (int64, bool) {
	return evaluateWithin(expression, named, 0)
}

func evaluateWithin(expression string, named map[string]string, depth int) (int64, bool) {
	tokens, err := tokenize(expression, "")
	if err != nil || len(expression) > 1000 || depth > 20 {
		return 0, false
	}
	e := &evaluator{tokens: tokens, named: named, names: depth}
	value, ok := e.sum(0)
	return value, ok && e.at == len(tokens)-1
}

type evaluator struct {
	named  map[string]string
	names  int // how many names deep
	tokens []token
	at     int
}

func (e *evaluator) next() string { return e.tokens[e.at].text }

func (e *evaluator) sum(depth int) (int64, bool) {
	left, ok := e.product(depth)
	for ok && (e.next() == "+" || e.next() == "-" || e.next() == "<<") {
		op := e.next()
		e.at++
		var right int64
		if right, ok = e.product(depth); !ok {
			return 0, false
		}
		switch {
		case op == "+":
			left += right
		case op == "-":
			left -= right
		case right < 0 || right > 62:
			return 0, false
		default:
			left <<= right
		}
	}
	return left, ok
}

func (e *evaluator) product(depth int) (int64, bool) {
	left, ok := e.atom(depth)
	for ok && (e.next() == "*" || e.next() == "/" || e.next() == "%") {
		op := e.next()
		e.at++
		var right int64
		if right, ok = e.atom(depth); !ok {
			return 0, false
		}
		switch {
		case op == "*":
			left *= right
		case right == 0:
			return 0, false
		case op == "/":
			left /= right
		default:
			left %= right
		}
	}
	return left, ok
}

func (e *evaluator) atom(depth int) (int64, bool) {
	t := e.tokens[e.at]
	if depth > maxNesting || e.at == len(e.tokens)-1 {
		return 0, false
	}
	e.at++
	switch {
	case t.kind == number:
		value, err := strconv.ParseInt(strings.TrimRight(t.text, "uUlL"), 0, 64)
		return value, err == nil
	case t.kind == identifier:
		expression, known := e.named[t.text]
		if !known {
			return 0, false
		}
		return evaluateWithin(expression, e.named, e.names+1)
	case t.text == "-":
		value, ok := e.atom(depth + 1)
		return -value, ok
	case t.text == "(":
		value, ok := e.sum(depth + 1)
		if !ok || e.next() != ")" {
			return 0, false
		}
		e.at++
		return value, true
	}
	return 0, false
}

// constantNames are the constants of the text as expressions: constexpr constant int width = 32; makes width 32.
func (u *unit) constantNames() map[string]string {
	if u.named != nil {
		return u.named
	}
	u.named = map[string]string{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind == variableDeclaration && d.assign >= 0 && d.name >= 0 && u.isOneOfIn(d.from, d.assign, "constexpr", "const", "constant") {
			u.named[u.tokens[d.name].text] = u.source(d.assign+1, d.to-1)
		}
	}
	return u.named
}
