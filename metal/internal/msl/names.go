package msl

import (
	"regexp"
	"strings"
)

// openclNames are words of OpenCL that mean nothing in MSL, so that a kernel may use them as names.
var openclNames = map[string]bool{
	"local": true, "global": true, "generic": true, "pipe": true, "read_only": true, "write_only": true, "read_write": true,
	"event_t": true, "clk_event_t": true, "queue_t": true, "ndrange_t": true, "reserve_id_t": true, "sampler_t": true,
	"vec_step": true, "image1d_t": true, "image2d_t": true, "image3d_t": true, "addrspace_cast": true,
}

// renameKeywords renames what the text calls by a word of OpenCL, also in what was written for the text: definitions of its
// constants, and calls of its entry points.
func (u *unit) renameKeywords() {
	for i := range u.tokens {
		switch t := &u.tokens[i]; {
		case t.kind != identifier:
		case openclNames[t.text], strings.Contains(t.text, " "):
			t.text = renameWords(t.text)
		}
	}
	for i := range u.entries {
		e := &u.entries[i]
		e.expression, e.arguments, e.signature = renameWords(e.expression), renameWords(e.arguments), renameWords(e.signature)
	}
}

var words = regexp.MustCompile(`\w+`)

func renameWords(code string) string {
	return words.ReplaceAllStringFunc(code, func(word string) string {
		if openclNames[word] {
			return "msl_name_" + word
		}
		return word
	})
}
