package msl

import (
	"errors"
	"fmt"
	"io"
)

// failVerb prints the error of a command on a text. The status is 1 where the text is at fault, else 2.
func failVerb(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, err)
	var compile *CompileError
	if errors.As(err, &compile) {
		return 1
	}
	return 2
}
