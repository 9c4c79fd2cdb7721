package swiftpkg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
)

// swift builds. The package is first built as it is for Linux. Where that fails and some of its code is for macOS alone, it
// is built once more with that code; where the compiler takes none of its upcoming features, once more without those.
// Which of these worked is remembered for the next time.
func (p *project) swift(ctx context.Context, verb string, more ...string) error {
	extra := p.Extra
	if len(more) > 0 {
		extra = more // what goes to swift test is not for swift build
	}
	var asMac bool
	p.isLenient, asMac = p.recalls(rememberedFeatures), p.recalls(rememberedBranches)
	if asMac {
		if _, err := p.takeMacBranches(); err != nil {
			return err
		}
	}
	var before []byte // what the compiler printed for the package as it is for Linux
	for {
		output, err := p.runTool(ctx, verb, extra, asMac)
		var exit *exec.ExitError
		if err == nil || !errors.As(err, &exit) || ctx.Err() != nil {
			if !asMac {
				p.Out.Write(output)
			}
			return ended(ctx, err, p.Dir+" does not build")
		}
		switch {
		case !p.isLenient && enabledAnyway(string(output)):
			p.isLenient = true
			if err := p.remember(rememberedFeatures); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "attest: it asks for features that this Swift has anyway, which 6.0 takes for a mistake; trying without asking\n")
		case asMac && before == nil: // as remembered; what has changed may build for Linux now
			p.forget()
			return &Failed{p.Dir + " does not build with what it has for macOS alone; the next build tries without"}
		case asMac:
			p.forget()
			fmt.Fprintf(p.Err, "\nattest: and without that it was:\n%s", before)
			return &Failed{p.Dir + " does not build"}
		default:
			changed, overlayErr := p.takeMacBranches()
			if overlayErr != nil {
				return overlayErr
			}
			if p.overlay == "" {
				p.forget()
				p.Out.Write(output)
				return &Failed{p.Dir + " does not build"}
			}
			fmt.Fprintf(p.Err, "attest: it does not build for Linux; trying with what it has for macOS alone, in\n")
			for _, path := range changed {
				fmt.Fprintf(p.Err, "    %s\n", path)
			}
			asMac, before = true, output
			if err := p.remember(rememberedBranches); err != nil {
				return err
			}
		}
	}
}

// runTool builds or tests and returns what was printed, which is printed at once with macOS's branches, and else kept for later.
func (p *project) runTool(ctx context.Context, verb string, extra []string, aloud bool) ([]byte, error) {
	var output transcript
	out, errors := io.Writer(&output), io.Writer(&output)
	if aloud {
		out, errors = io.MultiWriter(p.Out, &output), io.MultiWriter(p.Err, &output)
	}
	command, err := p.command(append(p.arguments(verb), extra...))
	if err != nil {
		return nil, err
	}
	run := p.tools.run
	if verb == "build" {
		run = p.tools.build
	}
	err = run(ctx, p.Dir, out, errors, nil, command...)
	return output.text.Bytes(), err
}

// transcript is what a command prints on two streams, which arrive on goroutines of their own.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

// command is a swift command as it has to be called for this package.
func (p *project) command(swift []string) ([]string, error) {
	if p.isLenient {
		return p.lenient(swift)
	}
	return swift, nil
}

// ended tells how a command ended: nil, Failed where it was the package's fault, the error itself otherwise.
func ended(ctx context.Context, err error, what string) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit):
		return &Failed{what}
	}
	return err
}
