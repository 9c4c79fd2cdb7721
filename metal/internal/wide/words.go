package wide

import (
	"regexp"
	"strings"
)

// inWords rewrites the text that clang makes before it optimises, so that structs of up to 16 bytes go by value as four
// words. Where a processor's rules (arm64's) pass them in registers, clang writes them as two numbers of 64 bits, or as one
// of 128, whatever their fields are, and a position of three coordinates would become shifts of 96 bits. A text with such
// numbers anywhere else stays as it is, and one for x86, where structs are taken apart by their fields: there two numbers of 64
// bits are an array of the text.
func inWords(text string) string {
	if forX86(text) || !strings.Contains(text, " i128") && !strings.Contains(text, "[2 x i64]") {
		return text
	}
	rewritten := withoutTail.ReplaceAllString(text, "$1 = extractvalue "+words+" $2, 0\n  store "+words+" $2, $3")
	rewritten = byValue.ReplaceAllStringFunc(rewritten, asWords.Replace)
	if otherwise.MatchString(rewritten) {
		return text
	}
	return rewritten
}

// forX86 reports which processor a text is for: clang says so at its beginning.
func forX86(text string) bool {
	_, rest, _ := strings.Cut(text, "\ntarget triple = \"")
	return strings.HasPrefix(rest, "x86_64-")
}

const words = "{ i32, i32, i32, i32 }"

var (
	// withoutTail is where a result goes to memory without the padding behind its last field. The padding is there.
	withoutTail = regexp.MustCompile(`(%\S+) = trunc i128 (%\S+) to i\d+\n  store i\d+ %\S+, (ptr %\S+, align 16)`)
	// byValue are the lines in which clang moves a struct as a whole: to and from memory, into a function and out of it.
	byValue   = regexp.MustCompile(`(?m)^(?:  (?:%\S+ = )?(?:load|store|ret|(?:tail |musttail |notail )?call) .*|(?:define|declare) .*)$`)
	asWords   = strings.NewReplacer("[2 x i64]", words, " i128 ", " "+words+" ", "(i128 ", "("+words+" ", " i128,", " "+words+",", "(i128,", "("+words+",", " i128)", " "+words+")", "(i128)", "("+words+")")
	otherwise = regexp.MustCompile(`(?m)^  .*\bi(?:6[5-9]|[7-9]\d|1[01]\d|12[0-8])\b`)
)
