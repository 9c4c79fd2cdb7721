package mutate

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
)

// Parse reads a mutant's file. Every key is known and every value checked; an error names the line.
func Parse(name, text string) (Mutant, error) {
	p := parser{m: Mutant{Preset: gen.Default}, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), seen: map[string]bool{}}
	if err := p.run(); err != nil {
		return Mutant{}, fmt.Errorf("mutant %s: line %d: %w", name, p.at, err)
	}
	if err := p.check(name); err != nil {
		return Mutant{}, fmt.Errorf("mutant %s: %w", name, err)
	}
	return p.m, nil
}

type parser struct {
	m     Mutant
	lines []string
	at    int // lines read
	file  string
	seen  map[string]bool
}

const section = "--- "

func (p *parser) run() error {
	for p.at < len(p.lines) && !strings.HasPrefix(p.lines[p.at], section) {
		line := p.lines[p.at]
		p.at++
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("%q: want KEY: VALUE", line)
		}
		for p.at < len(p.lines) && strings.HasPrefix(p.lines[p.at], "  ") { // a long value goes on, indented
			value += " " + strings.TrimSpace(p.lines[p.at])
			p.at++
		}
		if err := p.header(key, strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	for p.at < len(p.lines) {
		if err := p.patch(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) header(key, value string) error {
	if p.seen[key] {
		return fmt.Errorf("key %q: given twice", key)
	}
	p.seen[key] = true
	if value == "" {
		return fmt.Errorf("key %q: empty", key)
	}
	switch key {
	case "name":
		p.m.Name = value
	case "family":
		p.m.Family = value
	case "trigger":
		p.m.Trigger = value
	case "when":
		p.m.When = value
		_, err := predicate.Compile(value)
		return err
	case "beside":
		p.m.Beside = value
	case "equivalent":
		p.m.Equivalent = value
	case "file":
		p.file = value
	case "mode":
		switch value {
		case "check":
			p.m.Check = true
		case "plain":
			p.m.Plain = true
		default:
			return fmt.Errorf("mode %q: want check or plain", value)
		}
	case "preset":
		preset, err := gen.ParsePreset(value)
		p.m.Preset = preset
		return err
	case "bugs":
		for word := range strings.SplitSeq(value, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(word))
			if err != nil || n < 1 {
				return fmt.Errorf("bugs: %q: want numbers with commas", word)
			}
			p.m.Bugs = append(p.m.Bugs, n)
		}
	case "expect":
		for word := range strings.SplitSeq(value, ",") {
			kind := verdict.Kind(strings.TrimSpace(word))
			if !kind.Fails() || !slices.Contains(verdict.All(), kind) {
				return fmt.Errorf("expect: %q: want kinds of verdict that are a failure", kind)
			}
			p.m.Expect = append(p.m.Expect, kind)
		}
	default:
		return fmt.Errorf("key %q: want name, family, bugs, trigger, when, beside, expect, file, preset, mode or equivalent", key)
	}
	return nil
}

// patch reads "--- file PATH", or a pair of find and replace.
func (p *parser) patch() error {
	title := strings.TrimPrefix(p.lines[p.at], section)
	if file, ok := strings.CutPrefix(title, "file "); ok {
		p.file = strings.TrimSpace(file)
		if body := p.body(); body != "" {
			return fmt.Errorf("%q after --- file: want --- find", body)
		}
		return nil
	}
	if title != "find" {
		return fmt.Errorf("%q: want --- find or --- file PATH", p.lines[p.at])
	}
	find := p.body()
	if p.at == len(p.lines) || p.lines[p.at] != section+"replace" {
		return errors.New("want --- replace after the text to find")
	}
	replace := p.body()
	if p.file == "" {
		return errors.New("no file is named for the patch")
	}
	p.m.Patches = append(p.m.Patches, Patch{File: p.file, Find: find, Replace: replace})
	return nil
}

// body takes the lines up to the next section, without the blank ones at either end.
func (p *parser) body() string {
	p.at++
	first := p.at
	for p.at < len(p.lines) && !strings.HasPrefix(p.lines[p.at], section) {
		p.at++
	}
	return strings.Trim(strings.Join(p.lines[first:p.at], "\n"), "\n")
}

func (p *parser) check(name string) error {
	m := &p.m
	switch {
	case m.Name != name:
		return fmt.Errorf("name %q: want that of the file, %q", m.Name, name)
	case !slices.Contains(Families(), m.Family):
		return fmt.Errorf("family %q: want one of %s", m.Family, strings.Join(Families(), ", "))
	case m.Trigger == "":
		return errors.New("trigger: missing")
	case (m.Equivalent == "") == (len(m.Expect) == 0):
		return errors.New("want either expect or equivalent")
	case len(m.Patches) == 0:
		return errors.New("no patch")
	}
	for i, patch := range m.Patches {
		switch {
		case path.IsAbs(patch.File) || path.Clean(patch.File) != patch.File || strings.HasPrefix(patch.File, "../"):
			return fmt.Errorf("file %q: want a clean path from the top of the source tree", patch.File)
		case patch.Find == "":
			return fmt.Errorf("patch %d: the text to find is empty", i+1)
		case patch.Find == patch.Replace:
			return fmt.Errorf("patch %d: it changes nothing", i+1)
		}
	}
	if m.Check && m.Target() != Kernel && m.Target() != Library {
		return errors.New("mode check: only for kernels and the library")
	}
	if m.Plain && m.Target() != Kernel && m.Target() != Library {
		return errors.New("mode plain: only for kernels and the library")
	}
	return nil
}
