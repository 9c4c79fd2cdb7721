package swiftpkg

import (
	"regexp"
	"slices"
	"strings"
)

// Code for Apple's systems alone often tells them apart by #if os(macOS) ... #elseif os(iOS) ... #endif, and then has
// nothing for any other system. Where such a chain has no branch that Linux takes, takeMacBranches has Linux take the
// one for macOS. Only conditions change, within their lines, so that every diagnostic keeps its place.

var (
	directive = regexp.MustCompile(`^\s*#(if|elseif|else|endif)\b(.*)$`)
	appleTest = regexp.MustCompile(`^\(*\s*(os\(\s*(macOS|OSX|iOS|tvOS|watchOS|visionOS)\s*\)|targetEnvironment\(\s*macCatalyst\s*\))\s*\)*$`)
	macTest   = regexp.MustCompile(`\bos\(\s*(macOS|OSX)\s*\)`)
	imported  = regexp.MustCompile(`^\s*(?:@\w+\s+)*(?:public\s+|internal\s+|private\s+|fileprivate\s+|package\s+)?import\s+(?:(?:struct|class|enum|protocol|typealias|func|var|let|actor)\s+)?(\w+)`)
)

// absent are the modules of Apple's that code in a branch for macOS may want and that are not here: a file in which one
// is imported for macOS keeps its branches, for nothing in it could be built.
var absent = []string{
	"AppKit", "Cocoa", "UIKit", "SwiftUI", "MetalKit", "Darwin", "CoreML", "CoreImage", "CoreVideo", "AVFoundation", "Combine",
	"MetalPerformanceShadersGraph", "ObjectiveC", "Security", "SystemConfiguration", "XPC", "ServiceManagement",
}

type chain struct {
	conditions []int // lines of #if and #elseif
	onlyApple  bool
	hasElse    bool
	forMac     int // the first line whose condition holds on macOS, or -1
}

// takeMacBranches returns the text with such branches taken, and how many there were.
func takeMacBranches(text string) (string, int) {
	lines := strings.SplitAfter(text, "\n")
	var open []chain
	var taken []int
	for i, line := range lines {
		found := directive.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if found == nil {
			continue
		}
		condition := withoutComment(found[2])
		switch found[1] {
		case "if":
			open = append(open, chain{onlyApple: true, forMac: -1})
			open[len(open)-1].add(i, condition)
		case "elseif":
			if len(open) > 0 {
				open[len(open)-1].add(i, condition)
			}
		case "else":
			if len(open) > 0 {
				open[len(open)-1].hasElse = true
			}
		case "endif":
			if len(open) == 0 {
				return text, 0 // a text that the compiler will refuse
			}
			c := open[len(open)-1]
			open = open[:len(open)-1]
			if c.onlyApple && !c.hasElse && c.forMac >= 0 {
				taken = append(taken, c.forMac)
			}
		}
	}
	if len(open) > 0 || wantsAbsent(lines, taken) {
		return text, 0
	}
	for _, i := range taken {
		at := macTest.FindStringIndex(lines[i])
		lines[i] = lines[i][:at[0]] + "os(Linux)" + lines[i][at[1]:]
	}
	return strings.Join(lines, ""), len(taken)
}

func (c *chain) add(line int, condition string) {
	c.conditions = append(c.conditions, line)
	for _, part := range strings.Split(condition, "||") {
		if !appleTest.MatchString(strings.TrimSpace(part)) {
			c.onlyApple = false
		}
	}
	if c.forMac < 0 && macTest.MatchString(condition) {
		c.forMac = line
	}
}

// wantsAbsent tells whether a module that is not here is imported in a branch that would be taken.
func wantsAbsent(lines []string, taken []int) bool {
	for _, start := range taken {
		depth := 0
		for _, line := range lines[start+1:] {
			if found := directive.FindStringSubmatch(strings.TrimRight(line, "\r\n")); found != nil {
				switch {
				case found[1] == "if":
					depth++
				case depth == 0:
					depth = -1
				case found[1] == "endif":
					depth--
				}
			}
			if depth < 0 {
				break
			}
			if found := imported.FindStringSubmatch(line); found != nil && slices.Contains(absent, found[1]) {
				return true
			}
		}
	}
	return false
}

func withoutComment(condition string) string {
	condition, _, _ = strings.Cut(condition, "//")
	condition, _, _ = strings.Cut(condition, "/*")
	return strings.TrimSpace(condition)
}
