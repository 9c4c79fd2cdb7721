package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
)

// ConnectOptions hold where the server is and how to prove to it who one is.
type ConnectOptions struct {
	URL         string // nats://HOST:PORT; of several servers of a cluster, with commas
	Dir         string // instead: the folder of a server on this machine
	Token       string
	Credentials string // a file of NATS's own credentials
	// Authority has signed the server's certificate; Certificate and Key are this client's. Files.
	Authority, Certificate, Key string
	// Replicas is how many servers of a cluster are to keep each thing; 0: as it is, and one where nothing is there yet.
	Replicas int
}

// Connect connects, and makes the streams where there are none yet. Its error is one line: what is wrong with which URL or
// flag, and what would be accepted.
func Connect(ctx context.Context, o ConnectOptions) (*Bus, error) {
	if o.Replicas < 0 || o.Replicas > 5 {
		return nil, fmt.Errorf("--replicas %d; want 1, 3 or 5", o.Replicas)
	}
	where, err := o.where()
	if err != nil {
		return nil, err
	}
	own, err := o.own()
	if err != nil {
		return nil, err
	}
	b := &Bus{inline: inlineBytes, wait: ackWait}
	shown := hidden(where)
	b.words = func(err error) string { return shown + ": " + o.words(err) }
	opening, refused := context.WithCancel(ctx)
	defer refused()
	options := append(own, nats.Name("attest"), nats.MaxReconnects(-1), nats.ReconnectWait(500*time.Millisecond), nats.Timeout(5*time.Second),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if b.refusal.keep(err) {
				refused() // nobody will answer
			}
		}))
	if b.conn, err = nats.Connect(where, options...); err != nil {
		return nil, errors.New(b.words(err))
	}
	if most := b.conn.MaxPayload(); most < maxPayload {
		b.conn.Close()
		return nil, fmt.Errorf("%s: the server takes messages of at most %d bytes; want one whose max_payload is %d or more", shown, most, maxPayload)
	}
	if err := b.open(opening, o.Replicas); err != nil {
		b.conn.Close()
		if denied := b.refusal.last(); denied != nil {
			err = denied
		}
		return nil, errors.New(b.words(err))
	}
	return b, nil
}

// Lost says why the connection will not come back; nil: it stands, or it is tried again and again. It does not come back
// when the server refuses who asks.
func (b *Bus) Lost() error {
	if !b.conn.IsClosed() {
		return nil
	}
	err := b.conn.LastError()
	if err == nil {
		err = b.refusal.last()
	}
	if err == nil {
		err = nats.ErrConnectionClosed
	}
	return errors.New(b.words(err))
}

// refusal keeps why the server refused something lately: who waits for an answer hears only that none came.
type refusal struct {
	lock sync.Mutex
	err  error
}

func (r *refusal) keep(err error) bool {
	if !errors.Is(err, nats.ErrPermissionViolation) && !isAuthentication(err) {
		return false
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	r.err = err
	return true
}

func (r *refusal) last() error {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.err
}

var schemes = []string{"nats", "tls", "ws", "wss"}

// where returns the URLs, joined with commas, as nats.go takes them.
func (o *ConnectOptions) where() (string, error) {
	text, from := o.URL, "--nats"
	if text == "" {
		file := filepath.Join(o.Dir, urlFile)
		data, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("--dir %s: %w; want the folder of a server that attest campaign serve --dir has started", o.Dir, err)
		}
		text, from = strings.TrimSpace(string(data)), file
	}
	var list []string
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		u, err := url.Parse(one)
		if err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) {
			return "", fmt.Errorf("%s %q: want nats://HOST:PORT or tls://HOST:PORT, of a cluster several with commas", from, hidden(one))
		}
		list = append(list, one)
	}
	return strings.Join(list, ","), nil
}

// hidden is URLs without the passwords and tokens in them.
func hidden(where string) string {
	list := strings.Split(where, ",")
	for i, one := range list {
		scheme, rest, _ := strings.Cut(one, "://")
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			list[i] = scheme + "://" + rest[at+1:]
		}
	}
	return strings.Join(list, ",")
}

// own returns what proves who this client is, and whom it believes. A file that is wrong is told before anybody is asked.
func (o *ConnectOptions) own() ([]nats.Option, error) {
	var list []nats.Option
	if o.Token != "" {
		list = append(list, nats.Token(o.Token))
	}
	if o.Credentials != "" {
		if err := checkCredentials(o.Credentials); err != nil {
			return nil, err
		}
		list = append(list, nats.UserCredentials(o.Credentials))
	}
	if (o.Certificate == "") != (o.Key == "") {
		return nil, errors.New("--tls-cert and --tls-key go together; want both, or none")
	}
	if o.Authority == "" && o.Certificate == "" {
		return list, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if o.Authority != "" {
		if c.RootCAs, err = pool(o.Authority); err != nil {
			return nil, err
		}
	}
	if o.Certificate != "" {
		if c.Certificates, err = certificates(o.Certificate, o.Key); err != nil {
			return nil, err
		}
	}
	return append(list, nats.Secure(c)), nil
}

func checkCredentials(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--creds: %w; want a file that nsc or nats made", err)
	}
	token, err := jwt.ParseDecoratedJWT(text)
	if err != nil {
		return fmt.Errorf("--creds %s: %w; want a file of NATS credentials, a user's JWT and its seed", file, err)
	}
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return fmt.Errorf("--creds %s: %w; want a file of NATS credentials, a user's JWT and its seed", file, err)
	}
	if _, err := jwt.ParseDecoratedUserNKey(text); err != nil {
		return fmt.Errorf("--creds %s: %w; want a file of NATS credentials, a user's JWT and its seed", file, err)
	}
	if end := time.Unix(claims.Expires, 0); claims.Expires != 0 && time.Now().After(end) {
		return fmt.Errorf("--creds %s: expired at %s; want credentials that are valid now", file, end.UTC().Format(time.RFC3339))
	}
	return nil
}
