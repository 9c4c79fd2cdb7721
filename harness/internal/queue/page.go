package queue

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"attest.example/attest/metal/scratch"
)

// pageAge is how old a page may be before it is made anew.
const pageAge = 5 * time.Second

// Page serves a campaign's report while it runs, on loopback only: it shows what paths print.
func (b *Bus) Page(ctx context.Context, name, address string, listening func(url string)) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("http %q: want HOST:PORT, such as 127.0.0.1:8080: %w", address, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("http %s: the page is for this machine; want 127.0.0.1 or another loopback address", address)
	}
	dir, err := scratch.Dir("page")
	if err != nil {
		return err
	}
	defer dir.Remove()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	p := &pages{bus: b, name: name, dir: dir.Path}
	s := &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		s.Close()
	}()
	listening("http://" + l.Addr().String() + "/")
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type pages struct {
	bus  *Bus
	name string
	dir  string

	lock   sync.Mutex
	made   time.Time
	number int
	list   []Merged
	err    error
}

// refresh makes the run directories anew where they are old.
func (p *pages) refresh(ctx context.Context) ([]Merged, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if time.Since(p.made) < pageAge {
		return p.list, p.err
	}
	old := filepath.Join(p.dir, strconv.Itoa(p.number))
	p.number++
	p.list, p.err = p.bus.Merge(ctx, p.name, filepath.Join(p.dir, strconv.Itoa(p.number)))
	p.made = time.Now()
	return p.list, errors.Join(p.err, os.RemoveAll(old))
}

const reload = `<meta http-equiv="refresh" content="5">`

func (p *pages) serve(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if !isLoopback(host) { // a foreign name that leads here
		http.Error(w, "want a loopback address", http.StatusForbidden)
		return
	}
	list, err := p.refresh(r.Context())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	number, isNumber := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	switch {
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "<!doctype html>%s<title>%s</title><p>%s", reload, html.EscapeString(p.name), html.EscapeString(err.Error()))
	case r.URL.Path == "/" && len(list) == 1:
		p.page(w, list[0])
	case r.URL.Path == "/":
		fmt.Fprintf(w, "<!doctype html>%s<title>%s</title><h1>%s</h1><ul>", reload, html.EscapeString(p.name), html.EscapeString(p.name))
		for i, m := range list {
			fmt.Fprintf(w, `<li><a href="/%d">%s</a>: %d cases, %d failed`, i+1, html.EscapeString(m.Run.String()), m.Summary.Cases, m.Summary.Failed)
		}
	case isNumber == nil && number >= 1 && number <= len(list):
		p.page(w, list[number-1])
	default:
		http.NotFound(w, r)
	}
}

func (p *pages) page(w http.ResponseWriter, m Merged) {
	p.lock.Lock()
	text, err := os.ReadFile(filepath.Join(m.Dir, "report.html"))
	p.lock.Unlock()
	if err != nil {
		http.Error(w, "the page is being made anew", http.StatusServiceUnavailable)
		return
	}
	if m.Report.Interrupted {
		text = []byte(strings.Replace(string(text), "<head>", "<head>"+reload, 1))
	}
	_, _ = w.Write(text)
}
