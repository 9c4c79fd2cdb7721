package metalpath

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
)

// libraryOptions is what follows a library's name: lib:FILE?layout=bshd&lse=base2.
type libraryOptions struct {
	plain       bool
	math        metal.Math
	environment []variable
	wrap        wrapping
	wrapGiven   bool
	convention  convention
	given       map[string]bool // by name; probe=false gives all of the convention
}

type variable struct{ name, value string }

// familyVariable is how the stand-in for Metal is told which GPU to be: see swift/METAL.md.
const familyVariable = "ATTEST_METAL_FAMILY"

// The options of a library, with what they take.
var libraryOptionWords = map[string]string{
	"plain":      "true: called without its descriptor extension",
	"math":       "safe, fast: how it computes; with descriptors it is asked for it, without it is believed",
	"family":     "apple1 to apple10: the GPU that the stand-in for Metal pretends to be",
	"env":        "NAME=VALUE: set before it is loaded; may be given several times",
	"pages":      "true: memory is wrapped by whole pages; false: as it lies",
	"layout":     "bhsd, bshd: of contiguous memory",
	"precisions": "the formats of the codes 0, 1 and 2: fp16,bf16,fp32 is the header's",
	"lse":        "natural, base2: of its logsumexp",
	"causal":     "top-left, bottom-right: where the lengths differ",
	"header":     "masks, nomasks: whether mfa_attention_forward has the mask arguments",
	"probe":      "false: nothing is found out, what is not given here is as the header has it",
}

// LibraryOptions returns the names of the options with what they take, for those who list them.
func LibraryOptions() map[string]string { return maps.Clone(libraryOptionWords) }

func parseLibraryOptions(text string) (libraryOptions, error) {
	o := libraryOptions{given: map[string]bool{}}
	values, err := paths.Options(text, "env")
	if err != nil {
		return o, err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, known := libraryOptionWords[key]; !known {
			return o, fmt.Errorf("option %q: want %s", key, strings.Join(slices.Sorted(maps.Keys(libraryOptionWords)), ", "))
		}
		for _, value := range values[key] {
			if err := o.set(key, value); err != nil {
				return o, fmt.Errorf("option %s: %w", key, err)
			}
		}
	}
	return o, nil
}

func (o *libraryOptions) set(key, value string) (err error) {
	o.given[key] = true
	switch key {
	case "plain":
		o.plain, err = flag(value)
	case "math":
		o.math, err = one(value, map[string]metal.Math{"safe": metal.MathSafe, "fast": metal.MathFast})
	case "family":
		n, err := strconv.Atoi(strings.TrimPrefix(value, "apple"))
		if err != nil || n < 1 || n > 10 || !strings.HasPrefix(value, "apple") {
			return fmt.Errorf("%q: want apple1 to apple10", value)
		}
		o.environment = append(o.environment, variable{familyVariable, value})
	case "env":
		name, content, found := strings.Cut(value, "=")
		if !found || name == "" {
			return fmt.Errorf("%q: want NAME=VALUE", value)
		}
		if strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "DYLD_") {
			return fmt.Errorf("%s: the loader reads it when a program starts; set it in the environment of attest", name)
		}
		o.environment = append(o.environment, variable{name, content})
	case "pages":
		o.wrapGiven = true
		o.wrap.pages, err = flag(value)
	case "layout":
		o.convention.order, err = one(value, map[string]cases.Order{"bhsd": "", "bshd": cases.BSHD})
	case "precisions":
		return o.convention.codes.set(value)
	case "lse":
		o.convention.base2, err = one(value, map[string]bool{"natural": false, "base2": true})
	case "causal":
		o.convention.bottomRight, err = one(value, map[string]bool{"top-left": false, "bottom-right": true})
	case "header":
		o.convention.maskless, err = one(value, map[string]bool{"masks": false, "nomasks": true})
	case "probe":
		probe, err := flag(value)
		if err != nil || probe {
			return err
		}
		for name := range libraryOptionWords {
			o.given[name] = true
		}
		o.wrapGiven = true
	}
	return err
}

// flag reads a switch; one without a value is on.
func flag(text string) (bool, error) {
	return one(text, map[string]bool{"": true, "true": true, "1": true, "false": false, "0": false})
}

func one[T any](text string, known map[string]T) (T, error) {
	value, ok := known[text]
	if !ok {
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(name string) bool { return name == "" })
		return value, fmt.Errorf("%q: want one of %s", text, strings.Join(names, ", "))
	}
	return value, nil
}

// codes are a library's numbers for the formats that attention is computed in.
type codes struct {
	changed map[precision.Format]metal.Precision
} // nil: the header's

func (c codes) of(f precision.Format) metal.Precision {
	if code, ok := c.changed[f]; ok {
		return code
	}
	return precisionOf(f)
}

func (c *codes) set(text string) error {
	names := strings.Split(text, ",")
	changed := map[precision.Format]metal.Precision{}
	for code, name := range names {
		for _, f := range formats {
			if f.String() == name {
				changed[f] = metal.Precision(code)
			}
		}
	}
	if len(names) != len(formats) || len(changed) != len(formats) {
		return fmt.Errorf("%q: want fp16, bf16 and fp32 in the order of their codes 0, 1, 2", text)
	}
	c.changed = changed
	return nil
}

// words lists the formats in the order of their codes.
func (c codes) words() string {
	names := []string{"?", "?", "?"}
	for _, f := range formats {
		if code := int(c.of(f)); code < len(names) {
			names[code] = f.String()
		}
	}
	return strings.Join(names, ",")
}

// formats in the order in which they are asked for: the one that most libraries have first.
var formats = []precision.Format{precision.FP32, precision.FP16, precision.BF16}
