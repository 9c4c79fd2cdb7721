package msl

import (
	"testing"

	"attest.example/attest/metal/internal/device"
)

func TestKeyHoldsWhatMatters(t *testing.T) {
	c, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	base := Program{Source: "kernel void k(device float *o) {}", Function: "k", Constants: []Constant{BoolConstant(0, true)}}
	seen := map[string]string{c.key(&base): "nothing"}
	for name, change := range map[string]func(p *Program){
		"math":     func(p *Program) { p.Math = MathFast },
		"check":    func(p *Program) { p.Check = true },
		"function": func(p *Program) { p.Function = "j" },
		"value":    func(p *Program) { p.Constants = []Constant{BoolConstant(0, false)} },
		"index":    func(p *Program) { p.Constants = []Constant{BoolConstant(1, true)} },
		"by name":  func(p *Program) { p.Constants = []Constant{{Name: "a", Type: device.Bool, Bits: 1}} },
		"type":     func(p *Program) { p.Constants = []Constant{IntegerConstant(0, device.UChar, 1)} },
		"language": func(p *Program) { p.LanguageVersion = 300 },
		"define":   func(p *Program) { p.Defines = map[string]string{"X": "1"} },
		"file":     func(p *Program) { p.File = "other.metal" },
		"files":    func(p *Program) { p.Files = map[string]string{"a.h": ""} },
		"includes": func(p *Program) { p.Includes = []string{"a"} },
		"text":     func(p *Program) { p.Source += "\n" },
	} {
		p := base
		change(&p)
		key := c.key(&p)
		if other, ok := seen[key]; ok {
			t.Errorf("a change of %s and of %s have one key", name, other)
		}
		seen[key] = name
	}
	other := *c
	other.identity += "x"
	if _, ok := seen[other.key(&base)]; ok {
		t.Error("another compiler has the same key")
	}
	same := base
	same.LanguageVersion = DefaultLanguageVersion
	if seen[c.key(&same)] != "nothing" {
		t.Error("the default language version has another key when spelled out")
	}
}
