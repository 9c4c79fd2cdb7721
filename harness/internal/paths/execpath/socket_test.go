package execpath

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attest.example/attest/examples/go/attestclient"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// A program that listens already is spoken with over its socket; its shared memory is a file with a name.
func TestAProgramThatListens(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			address := "127.0.0.1:0"
			if network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			listener, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			served := make(chan error, 1)
			go func() {
				connection, err := listener.Accept()
				if err != nil {
					served <- err
					return
				}
				served <- attestclient.ServeOn(connection, connection, attestclient.Hello{Name: "listens"}, textbook)
			}()
			target := "unix:" + address
			if network == "tcp" {
				target = "tcp://" + listener.Addr().String()
			}
			p, err := Open(context.Background(), "exec:"+target, target)
			if err != nil {
				t.Fatal(err)
			}
			path := p.memory.path
			for _, more := range []string{"", `,"layout":{"q":{"order":"BSHD","pad":2}}`} {
				o, err := trial.Run(context.Background(), p, small(t, more), trial.Options{Deadline: time.Minute})
				if err != nil || o.Verdict.Kind != verdict.Pass {
					t.Errorf("%+v, %v; want a pass", o.Verdict, err)
				}
			}
			p.Close()
			if err := <-served; err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("the program: %v", err)
			}
			if found, _ := filepath.Glob(path); len(found) > 0 {
				t.Errorf("%s is left behind", path)
			}
		})
	}
}
