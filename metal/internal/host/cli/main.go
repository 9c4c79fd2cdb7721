package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"time"

	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/cuda/sanitizer"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/host"
)

// Exit statuses, as of the whole command.
const (
	exitRight = 0
	exitWrong = 1
	exitUsage = 2
)

// session is a device with a request's buffers on it.
type session struct {
	request *request
	device  *device.Device
	buffers []*device.Memory // by request.buffers
	launch  device.Launch
}

func open(r *request) (*session, error) {
	newDevice := func() (*device.Device, error) { return host.New(r.options) }
	if r.gpu != nil {
		r.gpu.Check = r.options.Check
		newDevice = func() (*device.Device, error) { return cuda.New(*r.gpu) }
	}
	d, err := newDevice()
	if err != nil {
		return nil, err
	}
	s := &session{request: r, device: d, launch: r.launch}
	for _, spec := range r.buffers {
		b, err := spec.memory(d, r.seed)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("buffer %d: %w", spec.index, err)
		}
		s.buffers = append(s.buffers, b)
		s.launch.Arguments = append(s.launch.Arguments, device.Argument{Index: uint32(spec.index), Memory: b})
	}
	return s, nil
}

func (s *session) close() {
	for _, b := range s.buffers {
		b.Close()
	}
	s.device.Close()
}

// messages prints what the kernel logged.
func (s *session) messages(stdout io.Writer) {
	for _, line := range s.device.Messages() {
		fmt.Fprintln(stdout, line)
	}
}

// results prints the buffers and writes those that are wanted in files.
func (s *session) results(stdout io.Writer) error {
	for i, spec := range s.request.buffers {
		fmt.Fprintln(stdout, summary(spec, s.buffers[i].Bytes(), s.request.show))
	}
	return s.files()
}

// files writes the buffers that are wanted in files.
func (s *session) files() error {
	for i, spec := range s.request.buffers {
		b := s.buffers[i].Bytes()
		if path, ok := s.request.outputs[spec.index]; ok {
			if err := os.WriteFile(path, b, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin reads the command line and compiles. A nil session means that the exit status is the answer.
func begin(command string, args []string, check bool, stdout, stderr io.Writer) (*session, *device.Kernel, int) {
	r, status := readRequest(command, args, stdout, stderr)
	if r == nil {
		return nil, nil, status
	}
	return beginRequest(command, r, check, stdout, stderr)
}

// readRequest reads the command line. A nil request means that the exit status is the answer.
func readRequest(command string, args []string, stdout, stderr io.Writer) (*request, int) {
	r, err := parse(command, args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil, exitRight
	}
	if err != nil {
		fmt.Fprintf(stderr, "attest msl %s: %v\n", command, err)
		return nil, exitUsage
	}
	return r, exitRight
}

func beginRequest(command string, r *request, check bool, stdout, stderr io.Writer) (*session, *device.Kernel, int) {
	r.options.Check = check
	s, err := open(r)
	if err != nil {
		fmt.Fprintf(stderr, "attest msl %s: %v\n", command, err)
		return nil, nil, exitUsage
	}
	p, err := s.device.Compile(&r.program)
	if err != nil {
		fmt.Fprintln(stderr, device.Message(err))
		s.close()
		return nil, nil, exitWrong
	}
	name := ""
	if info, err := s.device.Info(); err == nil {
		name = info.Name
	}
	took, cached := p.CompileTime()
	from := "compiled"
	if cached {
		from = "from the cache"
	}
	fmt.Fprintf(stdout, "%s on %s: %s in %s, at most %d threads a threadgroup\n",
		r.program.Function, name, from, took.Round(time.Microsecond), p.MaxThreads())
	return s, p, 0
}

// RunMain is `attest msl run`: it launches one kernel, prints how long it took and what its buffers hold. args is what
// stands behind "run"; the result is the exit status.
func RunMain(args []string, stdout, stderr io.Writer) int {
	s, p, status := begin("run", args, false, stdout, stderr)
	if s == nil {
		return status
	}
	defer s.close()
	defer p.Close()
	times, err := p.Run(&s.launch)
	s.messages(stdout)
	if err != nil {
		fmt.Fprintln(stderr, device.Message(err))
		return exitWrong
	}
	best := time.Duration(slices.Min(times) * float64(time.Second))
	fmt.Fprintf(stdout, "%d run(s), the fastest in %s", len(times), best)
	if s.request.work > 0 && best > 0 {
		fmt.Fprintf(stdout, ", %.3f GINSTRS/s", s.request.work/best.Seconds()/1e9)
	}
	fmt.Fprintln(stdout)
	if err := s.results(stdout); err != nil {
		fmt.Fprintf(stderr, "attest msl run: %v\n", err)
		return exitUsage
	}
	return exitRight
}

// CheckMain is `attest msl check`: it launches one kernel under the checkers and prints what they find. The exit
// status is 1 where they find anything or the kernel fails. On a GPU the checkers are compute-sanitizer's, and this same
// command runs under them.
func CheckMain(args []string, stdout, stderr io.Writer) int {
	r, status := readRequest("check", args, stdout, stderr)
	switch {
	case r == nil:
		return status
	case r.gpu != nil && os.Getenv(sanitizer.Inside) == "":
		return checkOnGPU(r, args, stdout, stderr)
	}
	s, p, status := beginRequest("check", r, true, stdout, stderr)
	if s == nil {
		return status
	}
	defer s.close()
	defer p.Close()
	_, runError := p.Run(&s.launch)
	s.messages(stdout)
	if r.gpu != nil { // what the tool finds, the command that started it tells
		if err := s.files(); err != nil {
			fmt.Fprintf(stderr, "attest msl check: %v\n", err)
			return exitUsage
		}
		if runError != nil {
			fmt.Fprintln(stderr, device.Message(runError))
			return exitWrong
		}
		return exitRight
	}
	reports, err := s.device.Reports()
	if err != nil {
		fmt.Fprintf(stderr, "attest msl check: %v\n", err)
		return exitUsage
	}
	return tell(r, reports, runError, s.files(), stdout, stderr)
}

// tell prints reports, writes them where they are wanted, and returns the exit status.
func tell(r *request, reports []device.Report, runError, err error, stdout, stderr io.Writer) int {
	mistakes := 0
	for _, report := range reports {
		fmt.Fprintln(stdout, report)
		if report.Kind != device.PartialSIMD {
			mistakes++
		}
	}
	if r.sarif != "" {
		err = errors.Join(err, writeSARIF(r.sarif, r.program.File, reports, runError))
	}
	if err != nil {
		fmt.Fprintf(stderr, "attest msl check: %v\n", err)
		return exitUsage
	}
	if runError != nil {
		fmt.Fprintln(stderr, device.Message(runError))
	}
	switch {
	case mistakes > 0 || runError != nil:
		fmt.Fprintf(stdout, "%d mistake(s)\n", mistakes)
		return exitWrong
	default:
		fmt.Fprintln(stdout, "no mistakes found")
		return exitRight
	}
}

// checkOnGPU runs this program again, under each of compute-sanitizer's tools.
func checkOnGPU(r *request, args []string, stdout, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintf(stderr, "attest msl check: %v\n", err)
		return exitUsage
	}
	tool, err := sanitizer.Find()
	if err != nil {
		return fail(err)
	}
	self, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	command := append([]string{self, "msl", "check"}, args...)
	reports, err := sanitizer.Check(ctx, tool, command, sanitizer.Launch{Kernel: r.program.Function, Threadgroup: r.launch.Threadgroup}, stdout, stderr)
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		return fail(err)
	case exit != nil && exit.ExitCode() == exitUsage && len(reports) == 0:
		return exitUsage // the command said why
	}
	return tell(r, reports, err, nil, stdout, stderr)
}
