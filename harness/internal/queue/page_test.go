package queue

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The page of a campaign shows what is there, marks it as not all and looks again; done, it is the run's own page. It
// is not for names that only lead here.
func TestThePageFollowsACampaign(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	_, b := served(t, ServerOptions{})
	submitted(t, b, "page", small(32), PlannedRun{Path: "mine"})
	ctx, stop := context.WithCancel(t.Context())
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- b.Page(ctx, "page", "127.0.0.1:0", func(url string) { urls <- url }) }()
	url := <-urls
	get := func(host string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(text)
	}
	if status, text := get(""); status != http.StatusServiceUnavailable || !strings.Contains(text, "no worker has begun") || !strings.Contains(text, reload) {
		t.Errorf("before anybody works: %d %s", status, text)
	}
	for _, host := range []string{"evil.example:80", "evil.example"} {
		if status, _ := get(host); status != http.StatusForbidden {
			t.Errorf("under the name %s: %d", host, status)
		}
	}
	worked(t, b, map[string]string{"mine": "naive"}, "one")
	p := &pages{bus: b, name: "page", dir: t.TempDir()}
	list, err := p.refresh(t.Context())
	if err != nil || len(list) != 1 || list[0].Report.Interrupted {
		t.Fatalf("%+v, %v", list, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:80", "nothing"} {
		if err := b.Page(t.Context(), "page", address, func(string) {}); err == nil {
			t.Errorf("the page is served on %s", address)
		}
	}
}
