package msl

import (
	"errors"
	"strings"
	"testing"
)

func TestTokensGiveTheTextBack(t *testing.T) {
	for _, source := range []string{
		"", " ", "a", "a\n", "// only a comment", "/* two\nlines */ x", "#pragma once\nint x;", "a\\\nb",
		"float x = 1.5e-3f + 0x1.8p+2 - .5h; s = \"a\\\"b\" 'c';", "a<<=b>>=c->d::e...f", "vec<vec<int, 2>, 3> x;",
		"x = a > b ? c : d;", "é = 1;", "# 12 \"k.metal\" 2\nint y;",
	} {
		tokens, err := tokenize(source, "k.metal")
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		var b strings.Builder
		for _, token := range tokens {
			b.WriteString(token.space + token.text)
		}
		if b.String() != source {
			t.Errorf("%q came back as %q", source, b.String())
		}
	}
}

func TestTokensAreSplit(t *testing.T) {
	for source, want := range map[string]string{
		"a.xy+=b":              "a . xy += b",
		"1e+5f-0x1p-3f":        "1e+5f - 0x1p-3f",
		"0xe+1":                "0xe + 1",
		"x>>=1":                "x >>= 1",
		"A<B<C>>d":             "A < B < C > > d",
		"[[buffer(0)]]":        "[ [ buffer ( 0 ) ] ]",
		"f(\"a;b\",'\\'')":     "f ( \"a;b\" , '\\'' )",
		"a/**/b//c\nd":         "a b d",
		"p->q.*r->*s":          "p -> q .* r ->* s",
		".5+1.":                ".5 + 1.",
		"a\n#define X {\nb":    "a b",
		"x?-1:y":               "x ? - 1 : y",
		"sizeof(half4x4)":      "sizeof ( half4x4 )",
		"1.5bf*2.0h":           "1.5bf * 2.0h",
		"a&&b||c<=d!=e":        "a && b || c <= d != e",
		"template<int...N>x":   "template < int ... N > x",
		"thread float&x=y[i];": "thread float & x = y [ i ] ;",
	} {
		tokens, err := tokenize(source, "k.metal")
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		var words []string
		for _, token := range tokens[:len(tokens)-1] {
			words = append(words, token.text)
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%q splits into %q, want %q", source, got, want)
		}
	}
}

func TestTokensKnowTheirPlace(t *testing.T) {
	tokens, err := tokenize("a\n# 7 \"other.metal\"\n  b\n#line 20\nc /*\n*/ d", "k.metal")
	if err != nil {
		t.Fatal(err)
	}
	want := []token{{file: "k.metal", line: 1, column: 1}, {file: "other.metal", line: 7, column: 3}, {file: "other.metal", line: 20, column: 1}, {file: "other.metal", line: 21, column: 4}}
	for i, w := range want {
		if g := tokens[i]; g.file != w.file || g.line != w.line || g.column != w.column {
			t.Errorf("%q is at %s:%d:%d, want %s:%d:%d", g.text, g.file, g.line, g.column, w.file, w.line, w.column)
		}
	}
}

func TestSyntaxErrorsNameThePlace(t *testing.T) {
	for source, want := range map[string]string{
		"a /* b":                 "k.metal:1:3: error: this comment does not end",
		"x = \"abc\n":            "k.metal:1:5: error: this literal does not end on its line",
		"f(a]":                   "k.metal:1:4: error: \"]\" does not close the \"(\" of line 1",
		"}\n":                    "k.metal:1:1: error: \"}\" closes nothing",
		"void f() {\n":           "k.metal:1:10: error: this \"{\" is not closed",
		"a\x00b":                 "k.metal:1:1: error: the text is not UTF-8 without NUL bytes",
		strings.Repeat("(", 500): "k.metal:1:401: error: brackets nest deeper than 400 levels",
	} {
		_, err := parse(source, &Program{File: "k.metal"})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want {
			t.Errorf("%.20q: %v, want %s", source, err, want)
		}
	}
}

func TestEvaluate(t *testing.T) {
	for expression, want := range map[string]int64{"3": 3, "0x10": 16, "1+2*3": 7, "(1+2)*3": 9, "-4+10u": 6, "1<<4": 16, "7%4/3": 1} {
		if got, ok := evaluate(expression, nil); !ok || got != want {
			t.Errorf("%s = %d, %v; want %d", expression, got, ok, want)
		}
	}
	for _, expression := range []string{"", "x", "1+", "(1", "1 2", "4/0", "1<<99", strings.Repeat("-", 500) + "1"} {
		if got, ok := evaluate(expression, nil); ok {
			t.Errorf("%.20s = %d, want a refusal", expression, got)
		}
	}
}
