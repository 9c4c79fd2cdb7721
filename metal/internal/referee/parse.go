package referee

import (
	"fmt"
	"slices"
	"strings"
	"text/scanner"
)

// expr is an expression: a name, a number, or an operator, index or call with its parts.
type expr struct {
	op    string // "name", "number", "call", "index", "?:", a binary operator, or "!x", "-x", "~x"
	text  string // of a name, a number, or the function that is called
	parts []*expr
}

// stmt is a statement.
type stmt struct {
	kind  string // "block", "declare", "assign", "if", "for", "while", "do", "switch", "case", "break", "continue", "return", "call"
	name  string // that is declared or assigned
	op    string // of an assignment
	parts []*expr
	first *stmt // of a for
	step  *stmt
	body  []*stmt
	other []*stmt // else
}

// function is a kernel or a function that it calls.
type function struct {
	name       string
	parameters []string
	attributes []string // of each parameter, "" where it has none
	body       []*stmt
}

// Program is a parsed text.
type Program struct{ functions map[string]*function }

type parser struct {
	tokens []string
	at     int
}

var operators = []string{"<<=", ">>=", "::", "[[", "]]", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="}

func tokenize(text string) []string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	var s scanner.Scanner
	s.Init(strings.NewReader(strings.Join(lines, "\n")))
	s.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats | scanner.ScanComments | scanner.SkipComments
	s.Error = func(*scanner.Scanner, string) {}
	var tokens []string
	last := -1
	for t := s.Scan(); t != scanner.EOF; t = s.Scan() {
		word := s.TokenText()
		if n := len(tokens) - 1; n >= 0 && s.Position.Offset == last {
			if joined := tokens[n] + word; slices.Contains(operators, joined) && !(joined == "]]" && !strings.Contains(strings.Join(tokens, " "), "[[")) {
				tokens[n] = joined
				last += len(word)
				continue
			}
			if c := tokens[n][0]; c >= '0' && c <= '9' && (word == "u" || word == "f") {
				last += len(word)
				continue
			}
		}
		tokens = append(tokens, word)
		last = s.Position.Offset + len(word)
	}
	return tokens
}

// Parse reads a text.
func Parse(text string) (p *Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("referee: %v", r)
		}
	}()
	in := &parser{tokens: tokenize(text)}
	p = &Program{functions: map[string]*function{}}
	for in.at < len(in.tokens) {
		if in.accept("using") {
			for !in.accept(";") {
				in.at++
			}
			continue
		}
		f := in.function()
		p.functions[f.name] = f
	}
	return p, nil
}

func (p *parser) peek() string { return p.ahead(0) }

func (p *parser) ahead(n int) string {
	if p.at+n < len(p.tokens) {
		return p.tokens[p.at+n]
	}
	return ""
}

func (p *parser) next() string {
	t := p.peek()
	if t == "" {
		panic("the text ends too early")
	}
	p.at++
	return t
}

func (p *parser) accept(t string) bool {
	if p.peek() == t {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(t string) {
	if got := p.next(); got != t {
		panic(fmt.Sprintf("%q where %q is expected, before %q", got, t, strings.Join(p.tokens[p.at:min(p.at+8, len(p.tokens))], " ")))
	}
}

func (p *parser) function() *function {
	for p.accept("kernel") || p.accept("void") || p.accept("uint") || p.accept("static") {
	}
	f := &function{name: p.next()}
	p.want("(")
	for !p.accept(")") {
		name, attribute := "", ""
		for p.peek() != "," && p.peek() != ")" {
			if p.accept("[[") {
				attribute = p.next()
				if p.accept("(") {
					attribute += p.next()
					p.want(")")
				}
				p.want("]]")
				continue
			}
			name = p.next()
		}
		p.accept(",")
		f.parameters, f.attributes = append(f.parameters, name), append(f.attributes, attribute)
	}
	p.want("{")
	f.body = p.block()
	return f
}

// block reads up to the } of the { that has been read.
func (p *parser) block() []*stmt {
	var all []*stmt
	for !p.accept("}") {
		all = append(all, p.statement()...)
	}
	return all
}

func (p *parser) statement() []*stmt {
	one := func(s *stmt) []*stmt { return []*stmt{s} }
	switch word := p.peek(); word {
	case ";":
		p.next()
		return nil
	case "{":
		p.next()
		return one(&stmt{kind: "block", body: p.block()})
	case "if":
		p.next()
		s := &stmt{kind: "if", parts: []*expr{p.parenthesised()}, body: p.statement()}
		if p.accept("else") {
			s.other = p.statement()
		}
		return one(s)
	case "while":
		p.next()
		return one(&stmt{kind: "while", parts: []*expr{p.parenthesised()}, body: p.statement()})
	case "do":
		p.next()
		s := &stmt{kind: "do", body: p.statement()}
		p.want("while")
		s.parts = []*expr{p.parenthesised()}
		p.want(";")
		return one(s)
	case "for":
		p.next()
		p.want("(")
		s := &stmt{kind: "for", first: &stmt{kind: "block", body: p.simple()}}
		p.want(";")
		s.parts = []*expr{p.expression()}
		p.want(";")
		s.step = &stmt{kind: "block", body: p.simple()}
		p.want(")")
		s.body = p.statement()
		return one(s)
	case "switch":
		p.next()
		s := &stmt{kind: "switch", parts: []*expr{p.parenthesised()}}
		p.want("{")
		s.body = p.block()
		return one(s)
	case "case":
		p.next()
		s := &stmt{kind: "case", parts: []*expr{p.expression()}}
		p.want(":")
		return one(s)
	case "default":
		p.next()
		p.want(":")
		return one(&stmt{kind: "case"})
	case "break", "continue":
		p.next()
		p.want(";")
		return one(&stmt{kind: word})
	case "return":
		p.next()
		s := &stmt{kind: "return"}
		if p.peek() != ";" {
			s.parts = []*expr{p.expression()}
		}
		p.want(";")
		return one(s)
	}
	s := p.simple()
	p.want(";")
	return s
}

func (p *parser) parenthesised() *expr {
	p.want("(")
	e := p.expression()
	p.want(")")
	return e
}

// simple reads declarations, assignments or a call, without the semicolon.
func (p *parser) simple() []*stmt {
	var all []*stmt
	for p.accept("const") {
	}
	if word := p.peek(); (word == "uint" || word == "float") && p.ahead(1) != "(" {
		p.next()
		for {
			s := &stmt{kind: "declare", name: p.next(), op: word}
			if p.accept("=") {
				s.parts = []*expr{p.expression()}
			}
			all = append(all, s)
			if !p.accept(",") {
				return all
			}
		}
	}
	if p.peek() == ";" || p.peek() == ")" {
		return nil
	}
	target := p.expression()
	switch op := p.peek(); {
	case op == "++" || op == "--":
		p.next()
		return []*stmt{{kind: "assign", op: op[:1] + "=", parts: []*expr{target, {op: "number", text: "1"}}}}
	case strings.HasSuffix(op, "="):
		p.next()
		return []*stmt{{kind: "assign", op: op, parts: []*expr{target, p.expression()}}}
	}
	return []*stmt{{kind: "call", parts: []*expr{target}}}
}
