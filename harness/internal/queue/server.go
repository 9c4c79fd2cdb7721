package queue

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/metal/atomicfile"
)

// ServerOptions are how to serve.
type ServerOptions struct {
	Dir      string // where everything is stored
	Listen   string // HOST:PORT; port 0: any that is free
	MaxStore int64  // most bytes on disk; 0: what NATS takes by default, three quarters of what is free
	Token    string // that clients must show; empty: none, on loopback only
	// Certificate, its Key, and Authority, which must have signed the clients'; files. Empty: no TLS.
	Certificate, Key, Authority string
}

// Server is a NATS server in this process.
type Server struct {
	server *server.Server
	url    string
	dir    string
	unlock func() error
}

// urlFile tells clients on the same machine where the server listens.
const urlFile = "url"

// lockFile keeps a second server out: two that write one store would spoil it.
const lockFile = "lock"

// syncEvery is how much of what is stored a loss of power may cost. A process that is killed costs nothing: what was
// written is the system's.
const syncEvery = 5 * time.Second

// Serve starts the server. Beyond loopback it wants a token or TLS; and a folder that no other server has.
func Serve(o ServerOptions) (_ *Server, err error) {
	host, portText, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %q: want HOST:PORT, such as 127.0.0.1:4222: %w", o.Listen, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535 {
		return nil, fmt.Errorf("--listen %q: want a port from 0 to 65535", o.Listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	if (o.Certificate == "") != (o.Key == "") {
		return nil, errors.New("--tls-cert and --tls-key go together; want both, or none")
	}
	if o.Authority != "" && o.Certificate == "" {
		return nil, errors.New("--tls-ca asks clients for certificates, which only a server with TLS can; want --tls-cert and --tls-key too")
	}
	if !isLoopback(host) && o.Token == "" && o.Authority == "" {
		return nil, fmt.Errorf("--listen %s: beyond this machine a server wants a token, or TLS with an authority that has signed the clients", o.Listen)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("--dir: %w; want a folder that can be written", err)
	}
	unlock, err := record.Lock(filepath.Join(o.Dir, lockFile), "another campaign serve")
	if err != nil {
		return nil, fmt.Errorf("--dir: %w; want another folder, or that one's server alone", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlock())
		}
	}()
	options := &server.Options{
		ServerName: "attest", Host: host, Port: port, DontListen: false, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: o.Dir, JetStreamMaxStore: o.MaxStore, SyncInterval: syncEvery,
		MaxPayload: maxPayload, Authorization: o.Token, DisableJetStreamBanner: true,
	}
	if o.Certificate != "" {
		if options.TLSConfig, err = serverTLS(o); err != nil {
			return nil, err
		}
		options.TLS, options.TLSTimeout, options.TLSVerify = true, 5, o.Authority != ""
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	log := &serverLog{}
	s.SetLogger(log, false, false)
	go s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		s.Shutdown()
		return nil, fmt.Errorf("the server on %s did not start: %s", o.Listen, log.last())
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		return nil, fmt.Errorf("%s cannot be used as a store: %s", o.Dir, log.last())
	}
	served := &Server{dir: o.Dir, server: s, url: reachable(s.ClientURL()), unlock: unlock}
	return served, atomicfile.WriteBytes(filepath.Join(o.Dir, urlFile), []byte(served.url+"\n"))
}

// reachable is a server's URL as this machine can use it, where the server listens on all addresses.
func reachable(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String()
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func serverTLS(o ServerOptions) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if c.Certificates, err = certificates(o.Certificate, o.Key); err != nil {
		return nil, err
	}
	if o.Authority != "" {
		if c.ClientCAs, err = pool(o.Authority); err != nil {
			return nil, err
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// certificates reads this side's own. One that the other side cannot accept is an error here, where it can be mended.
func certificates(file, key string) ([]tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(file, key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w; want a certificate and its key, both PEM", file, key, err)
	}
	if now := time.Now(); now.After(pair.Leaf.NotAfter) || now.Before(pair.Leaf.NotBefore) {
		return nil, fmt.Errorf("--tls-cert %s: valid from %s to %s; want one that is valid now, and a clock that is right",
			file, day(pair.Leaf.NotBefore), day(pair.Leaf.NotAfter))
	}
	return []tls.Certificate{pair}, nil
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func pool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--tls-ca: %w; want the certificate of an authority, PEM", err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--tls-ca %s: no certificate in it; want the certificate of an authority, PEM", file)
	}
	return p, nil
}

// URL is where the server listens.
func (s *Server) URL() string { return s.url }

// ErrStoreGone means that the store cannot be written any more.
var ErrStoreGone = errors.New("the store cannot be written any more, as on a full disk; what is stored is safe: make room and serve the same folder again")

// probeBytes must find room in the store's folder: as many as a large result has.
const probeBytes = maxPayload

// Healthy is nil while the server can store. After a write that failed the server stores nothing more, even when there is
// room again, and reports it to nobody; so the room is looked at before.
func (s *Server) Healthy() error {
	if !s.server.JetStreamEnabled() {
		return ErrStoreGone
	}
	file := filepath.Join(s.dir, "probe")
	err := errors.Join(os.WriteFile(file, make([]byte, probeBytes), 0o600), os.Remove(file))
	if err != nil {
		return fmt.Errorf("%w (%v)", ErrStoreGone, err)
	}
	return nil
}

// Close ends the server; what is stored stays.
func (s *Server) Close() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	_ = s.unlock() // it ends with the process in any case
}
