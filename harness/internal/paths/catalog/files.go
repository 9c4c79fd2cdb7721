package catalog

import "strings"

// Files lists the files that a path loads and that decide what it computes; none for paths of this program alone.
func Files(name string) []string {
	if file, found := strings.CutPrefix(name, "lib:"); found {
		file, _, _ = strings.Cut(file, "?")
		return []string{file}
	}
	if name == swiftName {
		if file, err := findSwift(); err == nil {
			return []string{file}
		}
	}
	return nil
}
