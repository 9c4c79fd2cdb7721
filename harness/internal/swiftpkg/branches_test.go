package swiftpkg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/v1"
)

func TestTakeMacBranches(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"a chain without a branch for Linux",
			"#if os(macOS)\nlet n = f()\n#elseif os(iOS)\nlet n = 5\n#endif\n",
			"#if os(Linux)\nlet n = f()\n#elseif os(iOS)\nlet n = 5\n#endif\n"},
		{"macOS second", "#if os(iOS)\na\n#elseif os(macOS) // here\nb\n#endif", "#if os(iOS)\na\n#elseif os(Linux) // here\nb\n#endif"},
		{"one of several", "#if os(iOS) || os(macOS)\na\n#endif", "#if os(iOS) || os(Linux)\na\n#endif"},
		{"within another, indented", "#if DEBUG\n  #if os(OSX)\na\n  #endif\n#endif\n", "#if DEBUG\n  #if os(Linux)\na\n  #endif\n#endif\n"},
		{"an else is Linux's", "#if os(macOS)\na\n#else\nb\n#endif", ""},
		{"Linux has its own", "#if os(macOS)\na\n#elseif os(Linux)\nb\n#endif", ""},
		{"another condition", "#if os(macOS) && DEBUG\na\n#endif", ""},
		{"an else within does not count", "#if os(macOS)\n#if DEBUG\na\n#else\nb\n#endif\n#endif", "#if os(Linux)\n#if DEBUG\na\n#else\nb\n#endif\n#endif"},
		{"no macOS", "#if os(iOS)\na\n#endif", ""},
		{"not macOS", "#if !os(macOS)\na\n#endif", ""},
		{"what is imported is there", "#if os(macOS)\nimport IOKit\n#endif", "#if os(Linux)\nimport IOKit\n#endif"},
		{"what is imported is not there", "#if os(macOS)\nimport AppKit\n#endif\n#if os(macOS)\na\n#endif", ""},
		{"a part of what is not there", "#if os(macOS)\n@preconcurrency import class AppKit.NSView\n#endif", ""},
		{"what another branch imports is nothing to it", "#if os(macOS)\na\n#elseif os(iOS)\nimport UIKit\n#endif",
			"#if os(Linux)\na\n#elseif os(iOS)\nimport UIKit\n#endif"},
		{"a chain that does not end", "#if os(macOS)\na\n", ""},
		{"an end too many", "#if os(macOS)\na\n#endif\n#endif\n", ""},
		{"Windows' line ends", "#if os(macOS)\r\na\r\n#endif\r\n", "#if os(Linux)\r\na\r\n#endif\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, n := takeMacBranches(c.text)
			want := c.want
			if want == "" {
				want = c.text
			}
			if got != want || (n > 0) != (c.want != "") {
				t.Errorf("%d taken:\n%s\nwant:\n%s", n, got, want)
			}
			if strings.Count(got, "\n") != strings.Count(c.text, "\n") {
				t.Error("the number of lines has changed")
			}
		})
	}
}

func TestTheOverlayNamesWhatIsRead(t *testing.T) {
	folder, work := t.TempDir(), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mac := "#if os(macOS)\nlet a = 1\n#endif\n"
	changed := write("Sources/A/mac.swift", mac)
	write("Sources/A/any.swift", "let b = 1\n")
	write("Package.swift", mac)
	write(".build/attest/x.swift", mac)
	list, names, err := writeMacOverlay([]string{folder}, work)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != 1 || names[0] != changed {
		t.Fatalf("changed %q, want %q alone", names, changed)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Roots []overlayFile }
	if err := json.Unmarshal(text, &overlay); err != nil || len(overlay.Roots) != 1 || overlay.Roots[0].Name != changed {
		t.Fatalf("%v in %s", err, text)
	}
	read, err := os.ReadFile(overlay.Roots[0].Contents)
	if err != nil || string(read) != strings.Replace(mac, "macOS", "Linux", 1) {
		t.Errorf("%v: %q", err, read)
	}
	if left, _ := os.ReadFile(changed); string(left) != mac {
		t.Errorf("the package's own file is now %q", left)
	}
}
