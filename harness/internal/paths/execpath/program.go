package execpath

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/proctree"
	"attest.example/attest/harness/internal/worker"
)

const (
	// startTime is how long a program may take to say hello: importing a framework takes its time.
	startTime = 2 * time.Minute
	// endTime is how long it may take to end once its input has ended.
	endTime = 2 * time.Second
	// wordsKept is how much of its last words an error repeats.
	wordsKept = 2000
)

// program is a running program, or a connection to one that attest has not started.
type program struct {
	stream  *stream
	command *exec.Cmd // nil: not ours
	closer  io.Closer // of what we write to
	words   *tail
	exited  chan struct{} // closed once command.ProcessState is set; nil where not ours
	wait    sync.Once
}

// connect starts or reaches the program that a path's argument names.
func connect(ctx context.Context, target string, memory *os.File) (*program, error) {
	switch {
	case strings.HasPrefix(target, "unix:"):
		return dial(ctx, "unix", strings.TrimPrefix(target, "unix:"))
	case strings.HasPrefix(target, "tcp:"):
		address, err := loopback(target)
		if err != nil {
			return nil, err
		}
		return dial(ctx, "tcp", address)
	}
	return start(target, memory)
}

// loopback refuses every address but this machine's own: what comes over the connection is believed.
func loopback(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "tcp" || u.Port() == "" {
		return "", fmt.Errorf("%q: want tcp://127.0.0.1:PORT", target)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("%q: only a program on this machine is spoken with: want tcp://127.0.0.1:PORT", target)
	}
	return u.Host, nil
}

func dial(ctx context.Context, network, address string) (*program, error) {
	connection, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("no program listens there: %w", err)
	}
	return newProgram(connection, connection), nil
}

func newProgram(in io.Reader, out io.WriteCloser) *program {
	p := &program{closer: out, words: &tail{}}
	p.stream = &stream{in: bufio.NewReaderSize(in, 1<<16), out: out, stray: p.printed}
	return p
}

// printed keeps what came on the stream beside answers, and shows it where the program's other words go.
func (p *program) printed(text string) {
	line := "printed on its standard output, which belongs to the protocol: " + text + "\n"
	p.words.Write([]byte(line))
	fmt.Fprint(os.Stderr, line)
}

// start runs a command line by the shell. In a worker it stays in the worker's process group, which ends with it.
func start(line string, memory *os.File) (*program, error) {
	c := exec.Command("/bin/sh", "-c", line)
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := newProgram(out, in)
	c.Stderr = io.MultiWriter(os.Stderr, p.words)
	c.WaitDelay = endTime // a grandchild may hold the pipe
	c.Env = append(os.Environ(), "ATTEST_EXEC=1")
	if memory != nil {
		c.ExtraFiles = []*os.File{memory}
	}
	c.SysProcAttr = posix.Group(!worker.Inside())
	if err := posix.UsualTimers(c.Start); err != nil {
		return nil, fmt.Errorf("start %q: %w", line, err)
	}
	p.command, p.exited = c, make(chan struct{})
	return p, nil
}

// reap waits for a program whose output has ended.
func (p *program) reap() {
	if p.command == nil {
		return
	}
	p.wait.Do(func() {
		go func() {
			p.command.Wait()
			close(p.exited)
		}()
	})
	select {
	case <-p.exited:
	case <-time.After(endTime):
		p.kill()
		<-p.exited
	}
}

func (p *program) kill() {
	if p.command == nil {
		p.closer.Close()
		return
	}
	pid := p.command.Process.Pid
	select {
	case <-p.exited: // its number may be another's by now
	default:
		proctree.Kill(pid)
	}
	if !worker.Inside() {
		posix.Kill(-pid, syscall.SIGKILL)
	}
}

// close lets the program end by the end of its input, and ends it where it does not.
func (p *program) close() {
	p.closer.Close()
	p.reap()
}

// death returns how the program ended.
func (p *program) death() string {
	if p.command == nil {
		return "the connection ended"
	}
	state := p.command.ProcessState
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return fmt.Sprintf("the program was ended by %s", signalName(status.Signal()))
	}
	if state.ExitCode() == 127 {
		return "the program ended with exit status 127, as the shell does where there is no such command"
	}
	if code := state.ExitCode(); code > 128 {
		return fmt.Sprintf("the program ended with exit status %d (%s)", code, signalName(syscall.Signal(code-128)))
	}
	return fmt.Sprintf("the program ended with exit status %d", state.ExitCode())
}

func signalName(s syscall.Signal) string { return fmt.Sprintf("signal %d (%v)", int(s), s) }

// tail keeps the end of what is written to it.
type tail struct {
	mutex sync.Mutex
	text  []byte
}

func (t *tail) Write(text []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.text = append(t.text, text...)
	if extra := len(t.text) - wordsKept; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(text), nil
}

func (t *tail) forget() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.text = t.text[:0]
}

// last is the last line that is not blank.
func (t *tail) last() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

func (t *tail) all() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return string(t.text)
}

// isEnd reports an error that the end of the stream makes.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed)
}
