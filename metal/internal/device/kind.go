package device

import (
	"fmt"
	"strings"
)

// Kind is a sort of device that a program knows by name: a row of package metal's table.
type Kind struct {
	Name  string // "host"
	Words string // what it is, in one line
	Open  func() (*Device, error)
}

// Find finds a kind by its name. The error of a name that is none lists those that are.
func Find(kinds []Kind, name string) (Kind, error) {
	var names []string
	for _, k := range kinds {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, fmt.Errorf("device %q: want one of %s: %w", name, strings.Join(names, ", "), ErrDeviceNotSupported)
}
