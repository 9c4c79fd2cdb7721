package device

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is a sort of device that a program knows by name: a row of package metal's table.
type Kind struct {
	Name    string // "host"
	Summary string // what it is, in one line
	Open    func() (*Device, error)

	// OpenAt opens one of several by its number, as NAME:1 asks for; nil: there is but one.
	OpenAt func(index int) (*Device, error)
}

// Find finds a kind by its name, or that of one of several devices of it, as "cuda:1": the kind then opens that one. The
// error of a name that is none lists those that are.
func Find(kinds []Kind, name string) (Kind, error) {
	var names []string
	for _, k := range kinds {
		if k.Name == name {
			return k, nil
		}
		if number, found := strings.CutPrefix(name, k.Name+":"); found && k.OpenAt != nil {
			index, err := strconv.ParseUint(number, 10, 16)
			if err != nil {
				return Kind{}, fmt.Errorf("device %q: want %s:N with a number from 0 up: %w", name, k.Name, ErrInvalidArgs)
			}
			open := k.OpenAt
			return Kind{Name: name, Summary: k.Summary, Open: func() (*Device, error) { return open(int(index)) }}, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, fmt.Errorf("device %q: want one of %s: %w", name, strings.Join(names, ", "), ErrDeviceNotSupported)
}
