package record

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// NaN and Inf are findings here, so they have a form: strings. A reason may quote a dying process, so bytes that
// are no UTF-8 become U+FFFD instead of losing the line.
var (
	writing = json.JoinOptions(jsontext.AllowInvalidUTF8(true), json.WithMarshalers(json.MarshalToFunc(writeFloat)))
	reading = json.WithUnmarshalers(json.UnmarshalFromFunc(readFloat))
)

func writeFloat(enc *jsontext.Encoder, x float64) error {
	switch {
	case math.IsNaN(x):
		return enc.WriteToken(jsontext.String("NaN"))
	case math.IsInf(x, 1):
		return enc.WriteToken(jsontext.String("Infinity"))
	case math.IsInf(x, -1):
		return enc.WriteToken(jsontext.String("-Infinity"))
	}
	return errors.ErrUnsupported // the library's own form
}

func readFloat(dec *jsontext.Decoder, x *float64) error {
	if dec.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch s := token.String(); s {
	case "NaN":
		*x = math.NaN()
	case "Infinity":
		*x = math.Inf(1)
	case "-Infinity":
		*x = math.Inf(-1)
	default:
		return fmt.Errorf("%q; want a number, \"NaN\", \"Infinity\" or \"-Infinity\"", s)
	}
	return nil
}

// EncodeLine writes a result as one line of results.jsonl, and DecodeLine reads it and trusts nothing.
func EncodeLine(r Result) ([]byte, error) { return encodeLine(r) }

// DecodeLine is EncodeLine's.
func DecodeLine(line []byte) (Result, error) { return decodeLine(line) }

// encodeLine writes a result as one line.
func encodeLine(r Result) ([]byte, error) {
	r.Case.Notes = strings.ToValidUTF8(r.Case.Notes, "\uFFFD") // a case encodes itself, strictly
	line, err := json.Marshal(r, writing)
	if err != nil {
		return nil, err
	}
	return append(summed(line), '\n'), nil
}

// decodeLine reads what encodeLine wrote and trusts nothing: the case is normalized, its id and verdict checked.
func decodeLine(line []byte) (Result, error) {
	line, err := unsummed(line)
	if err != nil {
		return Result{}, err
	}
	var r Result
	if err := json.Unmarshal(line, &r, reading); err != nil {
		return Result{}, err
	}
	if err := r.Case.Normalize(); err != nil {
		return Result{}, fmt.Errorf("case.%w", err)
	}
	if r.Index < 0 {
		return Result{}, fmt.Errorf("index: %d; want 0 or more", r.Index)
	}
	if name := cases.Name(r.Case); r.ID != name {
		return Result{}, fmt.Errorf("id: %q; want %q, the name of its case", r.ID, name)
	}
	if !slices.Contains(verdict.All(), r.Kind) {
		return Result{}, fmt.Errorf("verdict: %q; want one of %q", r.Kind, verdict.All())
	}
	return r, nil
}
