package msl

import (
	"fmt"
	"regexp"
	"strings"
)

// clang's errors about conversions are headings without a verb, and what types they are about may stand in a note alone,
// which is of our headers and not shown.
var (
	noCast       = regexp.MustCompile(`^no matching conversion for (?:C-style cast|functional-style cast|[a-z_]+_cast) from ` + typed + ` to ` + typed + `$`)
	noConversion = regexp.MustCompile(`^no viable conversion from (?:returned value of type )?` + typed + ` to (?:function return type )?` + typed + `$`)
	noOperator   = regexp.MustCompile(`^no viable overloaded ('[^']*')$`)
	noGraphics   = regexp.MustCompile(`^(?:no template named|unknown type name|use of undeclared identifier) '((?:texture|depth)(?:1d|2d|3d|cube|_buffer)\w*|sampler|visible_function_table|intersection_function_table)'`)
	noKnown      = regexp.MustCompile(`no known conversion from ` + typed + ` to ` + typed + ` for (?:1st|2nd) argument`)
	// The sides of a ?: are made one type by a condition of our headers (msl_conditional.h), which names both first.
	noCommon = regexp.MustCompile(`^incompatible operand types \('conditional_t<\(is_same<(.+?) &, (.+?) &>::value`)
)

// typed is a type in clang's words, with what its name stands for where it has one.
const typed = `('[^']*'(?: \(aka '[^']*'\))?)`

// sayConversions makes sentences of them that name both types.
func sayConversions(all []Diagnostic) {
	for i := range all {
		d := &all[i]
		if d.Severity != "error" {
			continue
		}
		message, hint, _ := strings.Cut(d.Message, ";") // what hintBFloat has put there
		if hint != "" {
			hint = ";" + hint
		}
		switch {
		case noCast.MatchString(message):
			m := noCast.FindStringSubmatch(message)
			d.Message = fmt.Sprintf("%s cannot be cast to %s, which has no constructor of it%s", m[1], m[2], hint)
		case noConversion.MatchString(message):
			m := noConversion.FindStringSubmatch(message)
			d.Message = fmt.Sprintf("%s does not convert to %s by itself%s", m[1], m[2], hint)
		case noCommon.MatchString(message):
			m := noCommon.FindStringSubmatch(message)
			d.Message = fmt.Sprintf("the sides of ?: are '%s' and '%s', and neither converts to the other by itself", m[1], m[2])
		case noGraphics.MatchString(d.Message):
			name := noGraphics.FindStringSubmatch(d.Message)[1]
			what := "textures, samplers and tensors are not supported; bind the data as a buffer"
			if strings.HasSuffix(name, "function_table") {
				what = functionTables
			}
			d.Message = name + ": " + what
		case noOperator.MatchString(message):
			m := noOperator.FindStringSubmatch(message)
			d.Message = fmt.Sprintf("no %s takes these operands%s%s", m[1], knownConversion(all[i+1:]), hint)
		}
	}
}

// knownConversion is what the first of an error's notes that is about a conversion says of it.
func knownConversion(notes []Diagnostic) string {
	for _, note := range notes {
		if note.Severity != "note" {
			break
		}
		if m := noKnown.FindStringSubmatch(note.Message); m != nil {
			return fmt.Sprintf(": %s does not convert to %s by itself", m[1], m[2])
		}
	}
	return ""
}
