package queue

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// slowly is the URL of a server whose every word comes late.
func slowly(t *testing.T, url string, late time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", strings.TrimPrefix(url, "nats://"))
			if err != nil {
				client.Close()
				return
			}
			go func() { defer server.Close(); _, _ = io.Copy(server, client) }()
			go delayed(client, server, late)
		}
	}()
	return "nats://" + l.Addr().String()
}

func delayed(to io.WriteCloser, from io.Reader, late time.Duration) {
	type part struct {
		data []byte
		due  time.Time
	}
	parts := make(chan part, 10000)
	go func() {
		defer to.Close()
		for p := range parts {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.data); err != nil {
				return
			}
		}
	}()
	defer close(parts)
	for {
		data := make([]byte, 64<<10)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		parts <- part{data[:n], time.Now().Add(late)}
	}
}

// A client whose questions are answered after more than a second, as on a loaded machine, was told that there were no results.
func TestASlowServerHasAllResults(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of waiting")
	}
	t.Parallel()
	s, b := served(t, ServerOptions{})
	submitted(t, b, "slow", small(40), PlannedRun{Path: "mine"})
	worked(t, b, map[string]string{"mine": additive}, "one")
	far := connected(t, slowly(t, s.URL(), 1200*time.Millisecond))
	f, err := far.Follow(t.Context(), "slow")
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Status(t.Context())
	if err != nil || got.Runs[0].Cases != 40 {
		t.Errorf("%+v, %v", got, err)
	}
	wanted, failures, err := b.dull(t.Context(), run{"slow", 0})
	if err != nil || failures == 0 {
		t.Fatal(failures, err)
	}
	list, n, err := far.dull(t.Context(), run{"slow", 0})
	if err != nil || len(list) != len(wanted) || n != failures {
		t.Errorf("%d of %d results, %d of %d failures, %v", len(list), len(wanted), n, failures, err)
	}
}
