package msl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func addTexts(f *testing.F) {
	names, err := filepath.Glob("testdata/semantics/*.metal")
	if err != nil || len(names) == 0 {
		f.Fatal("no texts: ", err)
	}
	for _, name := range append(names, "../../kernels/attention.metal") {
		source, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	for _, s := range []string{"template <", "kernel void", "struct S { S() thread {", "a ? b : c ? d", "v.xy.zw += ", "threadgroup float x[",
		"operator operator()", "[[", "template [[host_name(\"x\")]] f<", "namespace {", "S() : a(1), b{2}", "typedef struct {} A;", "constant x [[function_constant(0)]];"} {
		f.Add(s)
	}
}

// FuzzTokenize: any text becomes tokens that make up the text, or a SyntaxError.
func FuzzTokenize(f *testing.F) {
	addTexts(f)
	f.Fuzz(func(t *testing.T, source string) {
		tokens, err := tokenize(source, "fuzz")
		if err != nil {
			return
		}
		var b strings.Builder
		for _, token := range tokens {
			b.WriteString(token.space + token.text)
		}
		if b.String() != source {
			t.Errorf("%q came back as %q", source, b.String())
		}
	})
}

// FuzzRewrite: any text is rewritten or refused, and what is rewritten has no fewer lines.
func FuzzRewrite(f *testing.F) {
	addTexts(f)
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1<<16 {
			return
		}
		constants := []Constant{BoolConstant(0, true), FloatConstant(2, 1)}
		r, err := rewrite(source, &Program{File: "fuzz", Constants: constants}, cpu{}, nil)
		if err == nil && strings.Count(r.text, "\n") < strings.Count(withoutMetalPragmas(source, false), "\n") {
			t.Errorf("lines were lost: %q became %q", source, r.text)
		}
		reflect(source, &Program{File: "fuzz"})
	})
}
