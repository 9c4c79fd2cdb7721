package execpath

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of what a program may write. A line holds no tensors, and an answer none but the outputs.
const (
	maxLine  = 1 << 20
	maxStray = 1 << 20
)

// marker begins the line of an answer. What a library printed before it on the same line is cut off there.
const marker = `{"attest":`

// stream is the connection to a program.
type stream struct {
	in    *bufio.Reader
	out   io.Writer
	stray func(text string) // what came on the stream and is no answer
}

// faultError is something that the program did against the protocol.
type faultError struct{ text string }

func (e *faultError) Error() string { return e.text }

func fault(format string, args ...any) error { return &faultError{fmt.Sprintf(format, args...)} }

func (s *stream) send(r *request, payload []byte) error {
	r.Attest, r.Bytes = Version, len(payload)
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("exec: encode a request: %w", err)
	}
	if _, err := s.out.Write(append(line, '\n')); err != nil {
		return err
	}
	_, err = s.out.Write(payload)
	return err
}

// receive reads the next answer. most is the largest payload that it may have. io.EOF: the stream ended before any of
// it; io.ErrUnexpectedEOF: in its middle.
func (s *stream) receive(most int) (*answer, []byte, error) {
	printed := 0
	for {
		line, err := s.line()
		if err != nil {
			return nil, nil, err
		}
		at := bytes.Index(line, []byte(marker))
		if at != 0 {
			before := line
			if at > 0 {
				before = line[:at]
			}
			if text := strings.TrimSpace(string(before)); text != "" {
				s.stray(text)
			}
			if printed += len(before); printed > maxStray {
				return nil, nil, fault("it printed more than %d bytes on its standard output, which belongs to the protocol", maxStray)
			}
			if at < 0 {
				if misplaced(line) {
					return nil, nil, fault("its answer %s does not begin with %s1; want that member first, without spaces: a line that does not is taken for something that a library printed",
						line[:min(len(line), 200)], marker)
				}
				continue
			}
		}
		a, err := decodeAnswer(line[at:])
		if err != nil {
			return nil, nil, err
		}
		if a.Bytes < 0 || a.Bytes > most {
			return nil, nil, fault("its answer announces %d bytes of tensors; want at most %d", a.Bytes, most)
		}
		payload := make([]byte, a.Bytes)
		if n, err := io.ReadFull(s.in, payload); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, nil, fmt.Errorf("%d of %d bytes of tensors came: %w", n, a.Bytes, io.ErrUnexpectedEOF)
			}
			return nil, nil, err
		}
		return a, payload, nil
	}
}

// misplaced reports whether a line is an answer that only fails to begin with the marker, as where a JSON library sorts
// members by name. Waiting for another one would be a hang that nobody could explain.
func misplaced(line []byte) bool {
	var a struct {
		Attest *jsontext.Value `json:"attest"`
	}
	return json.Unmarshal(line, &a) == nil && a.Attest != nil
}

func decodeAnswer(line []byte) (*answer, error) {
	a := &answer{}
	if err := json.Unmarshal(line, a, json.RejectUnknownMembers(true)); err != nil {
		shown := string(line[:min(len(line), 200)])
		return nil, fault("its answer %s is not what the protocol wants: %v", shown, err)
	}
	if a.Attest != Version {
		return nil, fault("its answer is of protocol %d; this attest speaks %d", a.Attest, Version)
	}
	return a, nil
}

func (s *stream) line() ([]byte, error) {
	var line []byte
	for {
		part, err := s.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(line, "\r\n"), nil
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxLine:
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, fault("it wrote a line of more than %d bytes", maxLine)
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, fmt.Errorf("after %q: %w", line[:min(len(line), 200)], io.ErrUnexpectedEOF)
		default:
			return nil, err
		}
	}
}
