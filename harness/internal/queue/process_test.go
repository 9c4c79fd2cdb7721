//go:build unix

package queue

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/worker"
)

// A process of the test that is killed is the test itself, started with one of these in its environment.
const (
	serveEnv = "ATTEST_TEST_SERVE" // a folder, and where to listen
	workEnv  = "ATTEST_TEST_WORK"  // a URL, and the worker's name
	pathEnv  = "ATTEST_TEST_PATH"
	idleEnv  = "ATTEST_TEST_IDLE" // how long the worker stays where there is nothing to do; without it for ever
	// roundsEnv is how many processes are killed; make campaign-faults takes 50.
	roundsEnv = "ATTEST_CAMPAIGN_ROUNDS"
)

// shortWait stands for ackWait where a test waits for it.
const shortWait = 2 * time.Second

func TestMain(m *testing.M) {
	worker.Main(catalog.Open)
	if dir, listen, ok := strings.Cut(os.Getenv(serveEnv), " "); ok {
		if _, err := Serve(ServerOptions{Dir: dir, Listen: listen}); err != nil {
			fmt.Println("cannot serve:", err)
			os.Exit(1)
		}
		fmt.Println("serving")
		select {}
	}
	if url, name, ok := strings.Cut(os.Getenv(workEnv), " "); ok {
		b, err := Connect(context.Background(), ConnectOptions{URL: url})
		if err != nil {
			fmt.Println("cannot work:", err)
			os.Exit(1)
		}
		b.wait = shortWait
		fmt.Println("working")
		idle, _ := time.ParseDuration(os.Getenv(idleEnv))
		err = Work(context.Background(), b, WorkOptions{Name: name, Paths: map[string]string{"mine": os.Getenv(pathEnv)}, Idle: idle, Log: func(text string) { fmt.Println(text) }})
		fmt.Println("left:", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process is the test itself as a server or a worker.
type process struct {
	name string
	env  []string
	cmd  *exec.Cmd
	out  *strings.Builder
	lock *sync.Mutex
}

// start runs the process and waits for its line that it is ready.
func (p *process) start(t *testing.T, line string) {
	t.Helper()
	for try := range 40 {
		p.cmd = exec.Command(os.Args[0], "-test.run=^$")
		p.cmd.Env = append(os.Environ(), p.env...)
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		up := lines.Scan() && lines.Text() == line
		go func() {
			for lines.Scan() {
				p.lock.Lock()
				fmt.Fprintf(p.out, "%s: %s\n", p.name, lines.Text())
				p.lock.Unlock()
			}
		}()
		if up {
			return
		}
		log := lines.Text()
		p.kill()
		if try == 39 {
			t.Fatalf("%s does not start: %s", p.name, log)
		}
		time.Sleep(250 * time.Millisecond) // its server may be about to come back
	}
}

// kill ends it and what it has started as a loss of power would.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Wait()
}

func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }
