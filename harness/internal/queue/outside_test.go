package queue

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// clustered is three servers of one cluster with JetStream that are not started yet.
func clustered(t *testing.T) []*server.Server {
	t.Helper()
	var routes []*url.URL
	var ports []int
	for range 3 {
		address := freePort(t)
		u, err := url.Parse("nats://" + address)
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, u)
		port := 0
		if _, err := fmt.Sscanf(address, "127.0.0.1:%d", &port); err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	var list []*server.Server
	for i := range 3 {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprintf("s%d", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
			Cluster: server.ClusterOpts{Name: "attest", Host: "127.0.0.1", Port: ports[i]}, Routes: routes, DisableJetStreamBanner: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// started starts servers and returns where clients find them. They may still be about to agree on a leader.
func started(t *testing.T, list ...*server.Server) string {
	t.Helper()
	for _, s := range list {
		go s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
	}
	var urls []string
	for _, s := range list {
		if !s.ReadyForConnections(30 * time.Second) {
			t.Fatal("a server of the cluster does not start")
		}
		urls = append(urls, s.ClientURL())
	}
	return strings.Join(urls, ",")
}

// Who comes while a cluster starts, be it before most of its servers, waits until they know each other.
func TestAClusterThatIsStillStarting(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers that agree on every message take their time")
	}
	servers := clustered(t)
	first := started(t, servers[0])
	opened := make(chan error)
	go func() {
		b, err := Connect(t.Context(), ConnectOptions{URL: first, Replicas: 3})
		if err == nil {
			b.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("%v; want it to wait for the others", err)
	case <-time.After(time.Second):
	}
	started(t, servers[1:]...)
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// A cluster of three servers keeps everything three times, and one of them may end in the middle of a campaign.
func TestAServerOfAClusterMayEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers that agree on every message take their time")
	}
	servers := clustered(t)
	urls := started(t, servers...)
	b, err := Connect(t.Context(), ConnectOptions{URL: urls, Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	for _, name := range []string{workStream, resultStream, "KV_" + planBucket, "KV_" + workerBucket, "OBJ_" + objectBucket} {
		if s, err := b.js.Stream(t.Context(), name); err != nil || s.CachedInfo().Config.Replicas != 3 {
			t.Fatalf("%s: %v; want 3 copies", name, err)
		}
	}
	o := small(96)
	submitted(t, b, "cluster", o, PlannedRun{Path: "mine"})
	// Who comes later and asks for no number leaves it as it is.
	w := connected(t, urls)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	go func() {
		ended <- Work(ctx, w, WorkOptions{Name: "one", Paths: map[string]string{"mine": additive}, Log: logged(t, "one")})
	}()
	r := run{"cluster", 0}
	deadline := time.Now().Add(4 * time.Minute)
	until := func(what string, is func() bool) {
		t.Helper()
		for !is() {
			if time.Now().After(deadline) {
				t.Fatal("it does not come to this: " + what)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	until("a first result", func() bool {
		_, err := b.at(t.Context(), r.results())
		return err == nil
	})
	gone := slices.IndexFunc(servers, func(s *server.Server) bool { return s.ClientURL() == w.conn.ConnectedUrl() })
	if gone < 0 {
		t.Fatalf("the worker is connected to %s", w.conn.ConnectedUrl())
	}
	servers[gone].Shutdown()
	until("the end", func() bool {
		_, last, err := b.taken(t.Context(), r)
		return err == nil && last != nil && last.Final != nil
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if s, err := b.js.Stream(t.Context(), resultStream); err != nil || s.CachedInfo().Config.Replicas != 3 {
		t.Errorf("%v; want 3 copies still", err)
	}
	dir, _ := merged(t, b, "cluster")
	same(t, dir, alone(t, o, additive))
}

// One server cannot keep three copies, and that is told.
func TestOneServerCannotKeepThreeCopies(t *testing.T) {
	s, _ := served(t, ServerOptions{})
	_, err := Connect(t.Context(), ConnectOptions{URL: s.URL(), Replicas: 3})
	if err == nil || !strings.Contains(err.Error(), "3 copies of "+workStream) || !strings.Contains(err.Error(), "as many as the cluster has servers") {
		t.Errorf("%v", err)
	}
}

// A worker whose server comes back and does not know it any more ends, and says what it lacks; it does not try for ever.
func TestAWorkerThatIsRefusedLaterEnds(t *testing.T) {
	dir, address := t.TempDir(), freePort(t)
	s, err := Serve(ServerOptions{Dir: dir, Listen: address, Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Connect(t.Context(), ConnectOptions{URL: s.URL(), Token: "sesame"})
	if err != nil {
		s.Close()
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	working := make(chan string, 10)
	ended := make(chan error)
	go func() {
		ended <- Work(t.Context(), b, WorkOptions{Name: "one", Paths: map[string]string{"mine": "naive"}, Log: func(text string) {
			select {
			case working <- text:
			default:
			}
		}})
	}()
	o := small(0)
	o.Time = time.Hour
	submitted(t, b, "refused", o, PlannedRun{Path: "mine"})
	<-working
	s.Close()
	second, err := Serve(ServerOptions{Dir: dir, Listen: address, Token: "another"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "the server does not take the token; want the one that it was started with in --token-file") {
			t.Errorf("%v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
}

// What a worker says of itself is printed on terminals: what no worker of ours would say is not listed.
func TestAWorkerThatTalksToTheTerminal(t *testing.T) {
	_, b := served(t, ServerOptions{})
	for key, text := range map[string]string{
		"good": `{"name":"a machine-1","paths":["naive"],"tags":["m3"],"cases":0,"at":""}`, "moves": `{"name":"\u001b[2J"}`, "none": `{}`,
		"path": `{"name":"p","paths":["\u001b[2J"]}`, "tag": `{"name":"t","tags":["\u001b[2J"]}`, "long": `{"name":"` + strings.Repeat("x", 129) + `"}`,
	} {
		if _, err := b.workers.PutString(t.Context(), key, text); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := b.Workers(t.Context()); err != nil || len(list) != 1 || list[0].Name != "a machine-1" {
		t.Errorf("%+v, %v; want the first one alone", list, err)
	}
	if err := Work(t.Context(), b, WorkOptions{Name: "\x1b[2J", Paths: map[string]string{"mine": "naive"}, Idle: time.Millisecond}); err == nil || !strings.Contains(err.Error(), "can be printed") {
		t.Errorf("%v", err)
	}
}

// Two servers on one folder would spoil its store: the second is refused, until the first is gone.
func TestAFolderHasOneServer(t *testing.T) {
	dir := t.TempDir()
	first, err := Serve(ServerOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Serve(ServerOptions{Dir: dir, Listen: "127.0.0.1:0"}); err == nil || !strings.Contains(err.Error(), "in use by another campaign serve") {
		t.Errorf("%v; want the second server refused", err)
	}
	first.Close()
	again, err := Serve(ServerOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
