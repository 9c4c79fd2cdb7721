package queue

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// aServer is what a URL is to lead to.
const aServer = "want the URL of a NATS server with JetStream, such as attest campaign serve prints"

// words are the reason why the server cannot be used, for whoever can mend it: each names the flag, or the server's setting.
func (o *ConnectOptions) words(err error) string {
	var (
		unknown   x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		otherName x509.HostnameError
		name      *net.DNSError
	)
	alert, isAlert := strings.CutPrefix(alertOf(err), "remote error: tls: ")
	switch {
	case errors.Is(err, nats.ErrNoServers) && o.URL == "":
		return fmt.Sprintf("nobody listens there, where the server of %s did; want it started again: attest campaign serve --dir %s", o.Dir, o.Dir)
	case errors.Is(err, nats.ErrNoServers):
		return "nobody listens there; " + aServer
	case errors.As(err, &name):
		return fmt.Sprintf("%v; %s", err, aServer)
	case errors.Is(err, nats.ErrPermissionViolation):
		return fmt.Sprintf("%v; want a user that may publish and subscribe to $JS.API.>, $JS.ACK.>, attest.>, $KV.>, $O.> and _INBOX.>", err)
	case isAuthentication(err):
		return o.unauthorized(err)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return "the server has no TLS, which " + o.asksForTLS() + " wants; want a server with TLS, or do without"
	case errors.As(err, &unknown) && o.Authority == "":
		return "the server speaks TLS, and this machine does not know the authority of its certificate; want --tls-ca FILE, the certificate of that authority"
	case errors.As(err, &unknown):
		return fmt.Sprintf("the server's certificate is not signed by the authority of --tls-ca %s; want the one that signed it", o.Authority)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the server's certificate is valid from %s to %s; want a server with one that is valid now, and a clock that is right",
			day(invalid.Cert.NotBefore), day(invalid.Cert.NotAfter))
	case errors.As(err, &otherName):
		return fmt.Sprintf("%v; want a URL with a name that the server's certificate has", otherName)
	case isAlert:
		return o.noCertificate(alert)
	case errors.Is(err, nats.ErrTLS) && (errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)):
		return o.noCertificate("it ended the connection") // before its alert could be read
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return "the server has no JetStream, or not for this account; want nats-server --jetstream, or an account with jetstream enabled"
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, nats.ErrNoInfoReceived):
		return fmt.Sprintf("what listens there does not answer as a NATS server does (%v); %s", err, aServer)
	}
	return fmt.Sprintf("%v; %s", err, aServer)
}

func isAuthentication(err error) bool {
	for _, one := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

func (o *ConnectOptions) unauthorized(err error) string {
	cause := strings.TrimPrefix(strings.ToLower(err.Error()), "nats: ")
	switch {
	case o.Credentials != "":
		return fmt.Sprintf("%s: the server does not take --creds %s; want those of a user that it knows, neither expired nor revoked", cause, o.Credentials)
	case o.Token != "":
		return fmt.Sprintf("%s: the server does not take the token; want the one that it was started with in --token-file", cause)
	case strings.Contains(o.URL, "@"):
		return cause + ": the server does not take the user or token in the URL; want one that it knows"
	}
	return fmt.Sprintf("%s: the server wants to know who asks; want --token-file FILE, --creds FILE, or a user in the URL", cause)
}

func (o *ConnectOptions) asksForTLS() string {
	switch {
	case o.Authority != "":
		return "--tls-ca"
	case o.Certificate != "":
		return "--tls-cert"
	}
	return "a tls:// URL"
}

// alertOf is the TLS alert in an error. It has no type of its own outside crypto/tls.
func alertOf(err error) string {
	text := err.Error()
	if at := strings.Index(text, "remote error: tls: "); at >= 0 {
		return text[at:]
	}
	return ""
}

func (o *ConnectOptions) noCertificate(alert string) string {
	if o.Certificate == "" {
		return fmt.Sprintf("the server wants a certificate of this side (%s); want --tls-cert and --tls-key, signed by the server's authority", alert)
	}
	return fmt.Sprintf("the server does not take --tls-cert %s (%s); want one that its authority has signed, for clients, and that is valid now", o.Certificate, alert)
}
