package msl

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"github.com/go-json-experiment/json/v1"
)

// A sealed file is a line with a digest, and JSON: the digest is of the file's name and the JSON, so that a file that was
// damaged, cut, or took another's place is not believed.

func digestBytes(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func seal(name string, body []byte) string {
	return digestBytes(append([]byte(filepath.Base(name)+"\n"), body...))
}

// writeSealed writes value to the file.
func writeSealed(name string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return writeFile(name, append([]byte(seal(name, body)+"\n"), body...))
}

// readSealed reads the file into value, and reports whether it is whole.
func readSealed(name string, value any) bool {
	data, err := readOwn(name)
	if err != nil {
		return false
	}
	sum, body, ok := bytes.Cut(data, []byte("\n"))
	return ok && string(sum) == seal(name, body) && json.Unmarshal(body, value) == nil
}
