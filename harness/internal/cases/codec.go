package cases

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxFileBytes bounds a case file; a real one has a few hundred bytes.
const MaxFileBytes = 1 << 20

// Decode reads one case and normalizes it. Unknown keys, duplicate keys, wrong UTF-8, anything after the document
// and impossible values are errors that name the field. What a case file keeps of a failure is checked and left out.
func Decode(text []byte) (Case, error) {
	c, _, err := DecodeFile(text)
	return c, err
}

// explain turns the library's error into one line in our terms: the field by its path, and what is wrong with it.
func explain(err error, text []byte) string {
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		line := 1 + bytes.Count(text[:min(int(syntactic.ByteOffset), len(text))], []byte{'\n'})
		return fmt.Sprintf("line %d: %s%s", line, fieldPath(syntactic.JSONPointer), syntactic.Err)
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		if errors.Is(semantic.Err, json.ErrUnknownName) {
			path := fieldPath(semantic.JSONPointer)
			return path + "unknown key; want one of " + strings.Join(keysBeside(path), ", ")
		}
		path := fieldPath(semantic.JSONPointer)
		f := FieldNamed(inProblem(path))
		if f != nil && semantic.JSONKind == '0' && (errors.Is(semantic.Err, strconv.ErrSyntax) || errors.Is(semantic.Err, strconv.ErrRange)) {
			return fmt.Sprintf("%s%.80s; want %s", path, semantic.JSONValue, f.Accepts()) // a number, but 1.5, 1e3, or too large
		}
		if semantic.Err != nil {
			return path + semantic.Err.Error()
		}
		want := typeWords(semantic.GoType)
		if f != nil && f.Type != List {
			want = f.Accepts()
		}
		return fmt.Sprintf("%sa JSON %s; want %s", path, kindWords(semantic.JSONKind), want)
	}
	return err.Error()
}

func kindWords(kind jsontext.Kind) string {
	switch kind {
	case '{':
		return "object"
	case '[':
		return "array"
	case '0':
		return "number"
	case 't', 'f':
		return "boolean"
	}
	return kind.String()
}

// typeWords tells what is wanted where no field of the table stands: the objects and arrays around them.
func typeWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		return "an object"
	case reflect.Slice:
		return "an array"
	}
	return "a string"
}

// inProblem returns the name of a field in the table for its path in a document, which may lie in a case before another.
func inProblem(path string) string {
	name := strings.TrimSuffix(path, ": ")
	if rest, ok := strings.CutPrefix(name, "after."); ok {
		if _, inner, ok := strings.Cut(rest, "."); ok {
			return inner
		}
	}
	return name
}

// keysBeside lists the keys that an object takes in which one is unknown.
func keysBeside(path string) []string {
	if strings.HasPrefix(path, "failure.") {
		return evidenceKeys()
	}
	name := inProblem(path)
	prefix := name[:strings.LastIndexByte(name, '.')+1]
	var keys []string
	for _, f := range fieldTable {
		rest, ok := strings.CutPrefix(f.Name, prefix)
		key, _, _ := strings.Cut(rest, ".")
		if ok && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// deepest is how many parts of a path are told.
const deepest = 8

func fieldPath(pointer jsontext.Pointer) string {
	if pointer == "" {
		return ""
	}
	var parts []string
	for token := range pointer.Tokens() {
		if parts = append(parts, token); len(parts) == deepest { // no field lies so deep
			parts = append(parts, "...")
			break
		}
	}
	return strings.Join(parts, ".") + ": "
}

// Encode writes a case for people to read: canonical order, indented, with its notes.
func Encode(c Case) []byte {
	text, err := json.Marshal(c, jsontext.WithIndent("  "))
	if err != nil { // every field of a Case has an encoding
		panic(fmt.Sprintf("cases: encoding %+v: %v", plain(c), err))
	}
	return append(text, '\n')
}

// Canonical is the one compact form of a normalized case, without notes. Equal cases have equal forms.
func Canonical(c Case) []byte {
	c.Notes = ""
	text, err := json.Marshal(plain(c)) // what MarshalJSON gives, without a second look at it
	if err != nil {
		panic(fmt.Sprintf("cases: encoding %+v: %v", plain(c), err))
	}
	return text
}

// String is the canonical form, so that whatever prints a case prints what can be pasted into a file.
func (c Case) String() string { return string(Canonical(c)) }

// Name is the first 12 hex digits of the SHA-256 of the canonical form.
func Name(c Case) string {
	sum := sha256.Sum256(Canonical(c))
	return hex.EncodeToString(sum[:6])
}

// MarshalJSON lets encoding/json and its kin write a case inside other documents, on one line.
func (c Case) MarshalJSON() ([]byte, error) {
	return json.Marshal(plain(c))
}
