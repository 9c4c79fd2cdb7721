package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/metal/atomicfile"
	"attest.example/attest/metal/internal/device"
)

// The subset of SARIF 2.1.0 that code-scanning services read.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID    string    `json:"id"`
	Short sarifText `json:"shortDescription"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
	Message *sarifText `json:"message,omitempty"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

// ruleOf is a short stable name for a kind of mistake.
func ruleOf(k device.ReportKind) string {
	name := strings.TrimPrefix(k.String(), "note: ")
	return strings.ReplaceAll(name, " ", "-")
}

// locationOf is where an access stands; kernel is the file where the checker names none.
func locationOf(a device.Access, kernel, words string) sarifLocation {
	var l sarifLocation
	file := a.File
	if file == "" {
		file = kernel
	}
	l.Physical.Artifact.URI = filepath.ToSlash(file)
	if a.Line > 0 {
		l.Physical.Region = &sarifRegion{a.Line}
	}
	if words != "" {
		l.Message = &sarifText{words}
	}
	return l
}

// writeSARIF writes what the checkers found. failed is the error of the run itself; nil: none.
func writeSARIF(file, kernel string, reports []device.Report, failed error) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "attest msl check", Rules: []sarifRule{}}
	known := map[string]bool{}
	add := func(rule, words string, r sarifResult) {
		if !known[rule] {
			known[rule] = true
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule, sarifText{words}})
		}
		r.RuleID = rule
		run.Results = append(run.Results, r)
	}
	for _, report := range reports {
		r := sarifResult{Level: "error", Message: sarifText{report.String()}, Locations: []sarifLocation{locationOf(report.Access, kernel, "")}}
		if report.Kind == device.PartialSIMD {
			r.Level = "note"
		}
		if report.Other != nil {
			r.Related = append(r.Related, locationOf(*report.Other, kernel, "the other thread"))
		}
		add(ruleOf(report.Kind), report.Kind.String(), r)
	}
	if failed != nil {
		add("run-failed", "the kernel did not come to its end", sarifResult{
			Level: "error", Message: sarifText{failed.Error()}, Locations: []sarifLocation{locationOf(device.Access{}, kernel, "")},
		})
	}
	text, err := json.MarshalIndent(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}, "", "  ")
	if err != nil {
		return fmt.Errorf("--sarif: %w", err)
	}
	if err := atomicfile.WriteBytes(file, append(text, '\n')); err != nil {
		return fmt.Errorf("--sarif: %w", err)
	}
	return nil
}
