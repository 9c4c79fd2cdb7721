package msl

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"
)

// explain makes an error of what clang wrote; nil where it did not fail.
func (c *Compiler) explain(p *Program, headers, output string, err error) error {
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if exit.ExitCode() < 0 { // of a signal that is not ours: ours come with the context's error
		return asCompileError(p, fmt.Errorf("%s crashed on this text (%v): it nests too deep, or asks for more memory than there is",
			filepath.Base(c.clang), exit.ProcessState))
	}
	diagnostics := c.diagnostics(p, headers, output)
	errorOrNote := diagnostics[:0]
	for _, d := range diagnostics {
		if d.Severity != "warning" { // those are for refusal
			errorOrNote = append(errorOrNote, d)
		}
	}
	if diagnostics = errorOrNote; len(diagnostics) == 0 {
		return fmt.Errorf("%s failed: %w\n%s", c.clang, err, strings.TrimSpace(printable(output)))
	}
	return &CompileError{Function: p.Function, Diagnostics: diagnostics}
}

// printable is what a program wrote, which may be anything, as a terminal can show it.
func printable(output string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(output, string(unicode.ReplacementChar)))
}

// diagnostics are the messages in what clang wrote.
func (c *Compiler) diagnostics(p *Program, headers, output string) []Diagnostic {
	diagnostics := parseDiagnostics(output, headers)
	for i := range diagnostics {
		if diagnostics[i].File == "<stdin>" {
			diagnostics[i].File = p.fileName()
		}
	}
	return diagnostics
}

// asCompileError makes errors of the rewriter look like the compiler's.
func asCompileError(p *Program, err error) error {
	if joined, several := err.(interface{ Unwrap() []error }); several {
		all := &CompileError{Function: p.Function}
		for _, e := range joined.Unwrap() {
			all.Diagnostics = append(all.Diagnostics, asCompileError(p, e).(*CompileError).Diagnostics...)
		}
		return all
	}
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return &CompileError{Function: p.Function, Diagnostics: []Diagnostic{{syntax.File, syntax.Line, syntax.Column, "error", syntax.Message}}}
	}
	return &CompileError{Function: p.Function, Diagnostics: []Diagnostic{{File: p.fileName(), Line: 1, Column: 1, Severity: "error", Message: err.Error()}}}
}
