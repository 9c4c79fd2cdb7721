package msl

import (
	"regexp"
	"strings"
)

// narrowing is how clang tells, in an error or in a note below it, that a float or a half would have to become a bfloat.
var narrowing = regexp.MustCompile(`conversion from (?:returned value of type )?'(?:[a-z]+ )*(?:float|half)' to (?:function return type )?'(?:[a-z_]+ )*bfloat ?&?'|'metal::is_same<float, bfloat>::value' was not satisfied`)

const bfloatHint = "; Metal makes a bfloat of a float or half only where the text says so: bfloat(x)"

// hintBFloat puts into an error what its notes are about; they are of our headers and not shown.
func hintBFloat(all []Diagnostic) {
	for i := range all {
		if all[i].Severity != "error" {
			continue
		}
		for n := i; n < len(all) && (n == i || all[n].Severity == "note"); n++ {
			if narrowing.MatchString(all[n].Message) && !strings.HasSuffix(all[i].Message, bfloatHint) {
				all[i].Message += bfloatHint
			}
		}
	}
}
