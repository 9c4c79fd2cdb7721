package execpath

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"attest.example/attest/harness/internal/paths/declared"
)

// Version is the protocol's. Both sides name theirs in the hello.
const Version = 1

// request is what attest writes: this as one line of JSON, then Bytes bytes of safetensors.
type request struct {
	Attest  int            `json:"attest"`
	Call    string         `json:"call"` // "hello", "attend", "reset"
	ID      int            `json:"id"`
	Case    jsontext.Value `json:"case,omitempty"` // canonical
	Problem *problem       `json:"problem,omitempty"`
	Memory  *memory        `json:"memory,omitempty"`
	Bytes   int            `json:"bytes"`
}

// answer is what a program writes: this as one line of JSON, then Bytes bytes of safetensors.
type answer struct {
	Attest         int       `json:"attest"`
	ID             int       `json:"id"`
	Hello          *hello    `json:"hello"`
	Unsupported    string    `json:"unsupported"`
	Error          string    `json:"error"`
	DeviceSeconds  []float64 `json:"device_seconds"`
	CompileSeconds float64   `json:"compile_seconds"`
	Cached         bool      `json:"cached"`
	Bytes          int       `json:"bytes"`
}

// memory is where the tensors of a program lie that asked for shared memory.
type memory struct {
	FD    int    `json:"fd,omitempty"`   // inherited
	Path  string `json:"path,omitempty"` // of a program that attest has not started
	Bytes int    `json:"bytes"`          // the whole file's
}

// hello is what a program declares of itself.
type hello struct {
	Protocol   int                 `json:"protocol"`
	Name       string              `json:"name"`
	Client     string              `json:"client"`
	Device     string              `json:"device"`
	Toolchain  string              `json:"toolchain"`
	Tensors    string              `json:"tensors"` // "dense" (default) or "shared"
	Reset      bool                `json:"reset"`   // takes the call of that name
	Arithmetic declared.Arithmetic `json:"arithmetic"`
	Promises   declared.Promises   `json:"promises"`
	Supports   []declared.Support  `json:"supports"`
	Knows      []string            `json:"knows"` // fields beyond the first protocol's that it reads: see paths.Knower
}

// validate refuses a hello that no program can mean.
func (h *hello) validate() error {
	switch {
	case h.Protocol != Version:
		return fmt.Errorf("hello.protocol is %d; this attest speaks %d", h.Protocol, Version)
	case h.Tensors != "" && h.Tensors != dense && h.Tensors != shared:
		return fmt.Errorf("hello.tensors is %q; want %q or %q", h.Tensors, dense, shared)
	}
	if err := h.Arithmetic.Validate(); err != nil {
		return fmt.Errorf("hello.%w", err)
	}
	return nil
}
