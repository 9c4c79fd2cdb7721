package corpus

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// fuzzHeader opens the corpus files of go test -fuzz; each further line is a Go conversion, one an argument.
const fuzzHeader = "go test fuzz v1"

// EncodeFuzz writes a case as a corpus file of go test -fuzz for a target that calls Fuzz.
func EncodeFuzz(c cases.Case) ([]byte, error) {
	args, err := FuzzArgs(c)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(fuzzHeader + "\n")
	for _, arg := range args {
		switch v := arg.(type) {
		case byte:
			fmt.Fprintf(&b, "byte(%q)\n", v)
		case float32:
			fmt.Fprintf(&b, "float32(%v)\n", v)
		default:
			fmt.Fprintf(&b, "%T(%v)\n", v, v)
		}
	}
	return []byte(b.String()), nil
}

// DecodeFuzz reads a corpus file of go test -fuzz, as in testdata/fuzz, into the case it stands for. An error names
// the line.
func DecodeFuzz(text []byte) (cases.Case, error) {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if strings.TrimRight(lines[0], "\r") != fuzzHeader {
		return cases.Case{}, fmt.Errorf("line 1: %.40q; want %q", lines[0], fuzzHeader)
	}
	var args []any
	for i, line := range lines[1:] {
		arg, err := decodeArg(strings.TrimSpace(line))
		if err != nil {
			return cases.Case{}, fmt.Errorf("line %d: %.80q: %w", i+2, line, err)
		}
		args = append(args, arg)
	}
	return FromFuzzArgs(padded(args, scalars, cases.OldestScalars()))
}

// padded adds the arguments of fields that did not exist when a file was written: new ones come last, and their zero
// value is absence.
func padded(args []any, want []cases.Scalar, oldest int) []any {
	if len(args) < oldest {
		return args
	}
	var blank cases.Case
	for len(args) < len(want) {
		args = append(args, want[len(args)].Get(&blank))
	}
	return args
}

// decodeArg reads a line such as int(7), byte('\x03'), bool(true), float32(-0.5) or
// math.Float32frombits(0x7fc00001).
func decodeArg(line string) (any, error) {
	expr, err := parser.ParseExpr(line)
	if err != nil {
		return nil, err
	}
	call, ok := expr.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return nil, fmt.Errorf("want a conversion such as int(7)")
	}
	literal := argText(call.Args[0])
	switch kind := typeName(call.Fun); kind {
	case "int":
		return strconv.Atoi(literal)
	case "uint64":
		return strconv.ParseUint(literal, 0, 64)
	case "bool":
		return strconv.ParseBool(literal)
	case "byte", "uint8":
		if !strings.HasPrefix(literal, "'") {
			v, err := strconv.ParseUint(literal, 0, 8)
			return byte(v), err
		}
		r, _, tail, err := strconv.UnquoteChar(strings.TrimPrefix(literal, "'"), '\'')
		if err != nil || tail != "'" || r > 0xff {
			return nil, fmt.Errorf("want one byte")
		}
		return byte(r), nil
	case "float32":
		v, err := strconv.ParseFloat(literal, 32)
		return float32(v), err
	case "math.Float32frombits":
		v, err := strconv.ParseUint(literal, 0, 32)
		return math.Float32frombits(uint32(v)), err
	default:
		return nil, fmt.Errorf("type %q; want int, uint64, bool, byte or float32", kind)
	}
}

func typeName(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// argText returns the source of a literal: a number, a character, a word such as true or NaN, each with its sign.
func argText(arg ast.Expr) string {
	switch a := arg.(type) {
	case *ast.BasicLit:
		return a.Value
	case *ast.Ident:
		return a.Name
	case *ast.UnaryExpr:
		if a.Op == token.SUB || a.Op == token.ADD {
			return a.Op.String() + argText(a.X)
		}
	}
	return ""
}
