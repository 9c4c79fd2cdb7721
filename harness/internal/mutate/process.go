package mutate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/posix"
)

// ChildFlag is what the program is started with to be a child: its first argument after the verb.
const ChildFlag = "--child"

// heard is what came of a child.
type heard struct {
	at      int // the last case that it began, -1 for none
	failure *Failure
	reduced *Reduced
	rules   []ruleReport
}

// speak runs a child to its end. Its paths run in workers, so a mutant's crash or hang is a verdict like any other, and
// a child that ends early is an error of the harness.
func speak(ctx context.Context, program string, o order) (heard, error) {
	h := heard{at: -1}
	data, err := json.Marshal(o)
	if err != nil {
		return h, err
	}
	command := exec.CommandContext(ctx, program, "mutate", ChildFlag)
	command.Stdin = bytes.NewReader(data)
	command.Env = append(os.Environ(), "ATTEST_MSL="+program)
	posix.Alone(command, syscall.SIGINT)
	command.WaitDelay = 5 * time.Second
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.StdoutPipe()
	if err != nil {
		return h, err
	}
	if err := command.Start(); err != nil {
		return h, fmt.Errorf("start %s: %w", program, err)
	}
	done := false
	for decoder := json.NewDecoder(out); !done; {
		var r report
		if err = decoder.Decode(&r); err != nil {
			break
		}
		if err = h.hear(&r); err != nil {
			break
		}
		done = r.Done
	}
	io.Copy(io.Discard, out)
	ended := command.Wait()
	switch {
	case ctx.Err() != nil:
		return h, ctx.Err()
	case done:
		return h, nil
	case errors.Is(err, io.EOF):
		err = errors.New("it ended before it was done")
	}
	return h, fmt.Errorf("the process after case %d: %w", h.at, errors.Join(err, ended, errors.New(complaints.String())))
}

func (h *heard) hear(r *report) error {
	switch {
	case r.At != nil:
		h.at = *r.At
	case r.Failure != nil:
		h.failure = r.Failure
	case r.Reduced != nil:
		h.reduced = r.Reduced
	case r.Rule != nil:
		h.rules = append(h.rules, *r.Rule)
	case r.Error != "":
		return errors.New(r.Error)
	}
	return nil
}
