package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/queue"
)

// pseudoterminal is a terminal of the system: what is written to tty comes out of the other end.
func pseudoterminal(t *testing.T, columns, rows uint16) (other, tty *os.File, resize func(columns, rows uint16)) {
	t.Helper()
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { other.Close() })
	if err := unix.IoctlSetPointerInt(int(other.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(other.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	resize = func(columns, rows uint16) {
		if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}); err != nil {
			t.Fatal(err)
		}
	}
	resize(columns, rows)
	return other, tty, resize
}

// On a terminal a campaign's status is drawn in place, within its width, also when that changes; elsewhere lines are printed and
// nothing else.
func TestStatusOnATerminal(t *testing.T) {
	server, err := queue.Serve(queue.ServerOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	b, err := queue.Connect(t.Context(), queue.ConnectOptions{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	o := campaign.Options{Preset: gen.Quick, Cases: 32, Seed: 1, Deadline: time.Minute, Workers: 1}
	p, err := queue.NewPlan("a-name-that-fills-much-of-the-first-line", []queue.PlannedRun{{Path: "naive"}}, 16, nil, "", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Submit(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	other, tty, resize := pseudoterminal(t, 80, 24)
	s := &screen{columns: 80, rows: 24}
	var lock sync.Mutex
	var raw bytes.Buffer
	var broken error
	go func() {
		part := make([]byte, 64<<10)
		for {
			n, err := other.Read(part)
			if err != nil {
				return
			}
			lock.Lock()
			raw.Write(part[:n])
			if raw.Bytes()[raw.Len()-1] == '\n' { // a drawing ends with a line
				if _, err := s.Write(raw.Bytes()); err != nil && broken == nil {
					broken = err
				}
				raw.Reset()
			}
			lock.Unlock()
		}
	}()
	args := []string{"--nats", server.URL(), "--name", p.Name, "--watch"}
	status := make(chan int, 2)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { status <- statusCommand(ctx, terminal{tty, os.Stderr}, args) }()
	var plain bytes.Buffer
	go func() { status <- statusCommand(ctx, terminal{&plain, os.Stderr}, args) }()
	// look waits until the screen shows something in lines of at most so many columns.
	look := func(columns int, want string) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
			lock.Lock()
			lines, err := s.lines, broken
			lock.Unlock()
			wide := false
			for _, line := range lines {
				wide = wide || len(line) > columns
			}
			if seen := words(lines...); err == nil && !wide && strings.HasPrefix(seen, p.Name+" ") && strings.Count(seen, p.Name) == 1 && strings.Contains(seen, want) {
				return
			}
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("%v: not seen once on %d columns: %s\n%s", err, columns, want, strings.Join(lines, "\n"))
			}
		}
	}
	look(80, "0 of 32 cases")
	for _, columns := range []int{50, 120} {
		lock.Lock()
		resize(uint16(columns), 24)
		s.columns = columns
		lock.Unlock()
		look(columns, "0 of 32 cases")
	}
	working, end := context.WithCancel(t.Context())
	defer end()
	worked := make(chan error, 1)
	go func() {
		worked <- queue.Work(working, b, queue.WorkOptions{Name: "one", Paths: map[string]string{"naive": "naive"}})
	}()
	for range 2 {
		select {
		case got := <-status:
			if got != conforms {
				t.Errorf("status %d", got)
			}
		case <-time.After(3 * time.Minute):
			t.Fatal("it goes on after the campaign's end")
		}
	}
	end()
	if err := <-worked; err != nil {
		t.Error(err)
	}
	look(120, "32 of 32 cases, 32 passed, 0 failed, 0 inconclusive")
	if text := plain.String(); strings.Contains(text, "\x1b") || !strings.Contains(text, ": 0 of 32 cases") || !strings.Contains(text, ": 32 of 32 cases") {
		t.Errorf("no terminal, and printed is\n%q", text)
	}
}
