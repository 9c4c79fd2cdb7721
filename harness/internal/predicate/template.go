package predicate

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Template is text with expressions in braces: "sdpa_{type}_{head_dim}".
type Template struct {
	source string
	parts  []any // string or Expression
}

// Template compiles text with expressions in it.
func (s *Scope) Template(source string) (Template, error) {
	t := Template{source: source}
	rest := source
	for rest != "" {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			t.parts = append(t.parts, rest)
			break
		}
		t.parts = append(t.parts, rest[:open])
		length := strings.IndexByte(rest[open:], '}')
		if length < 0 {
			return t, fmt.Errorf("%q: a { without its }", source)
		}
		e, err := s.Compile(rest[open+1:open+length], reflect.Invalid)
		if err != nil {
			return t, err
		}
		t.parts = append(t.parts, e)
		rest = rest[open+length+1:]
	}
	return t, nil
}

// Text fills in the values.
func (t Template) Text(v Values) (string, error) {
	var b strings.Builder
	for _, part := range t.parts {
		e, ok := part.(Expression)
		if !ok {
			b.WriteString(part.(string))
			continue
		}
		out, err := e.Eval(v)
		if err != nil {
			return "", err
		}
		switch out.(type) {
		case string, int, bool:
			fmt.Fprint(&b, out)
		default:
			return "", fmt.Errorf("%q: %s is %v; want text or an integer", t.source, e, out)
		}
	}
	return b.String(), nil
}

// Pattern is a regular expression for every text that the template can make.
func (t Template) Pattern() string {
	var b strings.Builder
	for _, part := range t.parts {
		if words, ok := part.(string); ok {
			b.WriteString(regexp.QuoteMeta(words))
		} else {
			b.WriteString(".*")
		}
	}
	return "^" + b.String() + "$"
}

func (t Template) String() string { return t.source }
