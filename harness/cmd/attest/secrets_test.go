package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"attest.example/attest/metal/atomicfile"
)

// outsideServer is a NATS server that attest has not started, with a configuration file as its own documentation has it.
// Where it listens it writes into a file.
func outsideServer(config, urlFile string) error {
	o, err := server.ProcessConfigFile(config)
	if err != nil {
		return err
	}
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		return errors.New("the server does not start")
	}
	if err := atomicfile.WriteBytes(urlFile, []byte(s.ClientURL())); err != nil {
		return err
	}
	s.WaitForShutdown()
	return nil
}

// identity is a certificate and its key.
type identity struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certified makes a certificate: of an authority where by is nil, else signed by that one.
func certified(name string, by *identity, until time.Time) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
	}
	signer := &identity{c, key}
	if by != nil {
		signer = by
	} else {
		c.IsCA, c.KeyUsage, c.IPAddresses = true, x509.KeyUsageCertSign, nil
	}
	der, err := x509.CreateCertificate(rand.Reader, c, signer.cert, &key.PublicKey, signer.key)
	if err != nil {
		return nil, err
	}
	made, err := x509.ParseCertificate(der)
	return &identity{made, key}, err
}

func (i *identity) write(dir, name string) error {
	key, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}), 0o600),
		os.WriteFile(filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
}

// certificates writes those of an authority, a server, a client, some that are wrong in one way each.
func certificates(dir string) error {
	soon, ago := time.Now().Add(24*time.Hour), time.Now().Add(-time.Hour)
	authority, err := certified("authority", nil, soon)
	if err != nil {
		return err
	}
	other, err := certified("another authority", nil, soon)
	if err != nil {
		return err
	}
	all := []error{authority.write(dir, "ca"), other.write(dir, "other-ca")}
	for _, one := range []struct {
		name  string
		by    *identity
		until time.Time
	}{
		{"server", authority, soon}, {"client", authority, soon}, {"expired", authority, ago}, {"stranger", other, soon},
	} {
		i, err := certified(one.name, one.by, one.until)
		if err != nil {
			return err
		}
		all = append(all, i.write(dir, one.name))
	}
	return errors.Join(all...)
}

// credentials writes operator.conf, which a server's configuration includes, and the credentials of users: user.creds,
// barred.creds, who may not use JetStream, unknown.creds, whose account the server does not have, and expired.creds.
func credentials(dir string) error {
	operator, err := nkeys.CreateOperator()
	if err != nil {
		return err
	}
	operatorID, err := operator.PublicKey()
	if err != nil {
		return err
	}
	system, systemID, systemToken, err := account(operator, "SYS", 0)
	if err != nil {
		return err
	}
	system.Wipe()
	own, ownID, ownToken, err := account(operator, "attest", jwt.NoLimit)
	if err != nil {
		return err
	}
	unknown, _, _, err := account(operator, "unknown", jwt.NoLimit)
	if err != nil {
		return err
	}
	claims := jwt.NewOperatorClaims(operatorID)
	claims.SystemAccount = systemID
	token, err := claims.Encode(operator)
	if err != nil {
		return err
	}
	conf := fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: {\n%s: %s\n%s: %s\n}\n", token, systemID, systemID, systemToken, ownID, ownToken)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "operator.conf"), []byte(conf), 0o600),
		user(dir, "user", own, func(*jwt.UserClaims) {}),
		user(dir, "barred", own, func(c *jwt.UserClaims) { c.Permissions.Pub.Deny.Add("$JS.API.>") }),
		user(dir, "unknown", unknown, func(*jwt.UserClaims) {}),
		user(dir, "expired", own, func(c *jwt.UserClaims) { c.Expires = time.Now().Add(-time.Hour).Unix() }))
}

// account is one with so much of JetStream.
func account(operator nkeys.KeyPair, name string, storage int64) (pair nkeys.KeyPair, id, token string, err error) {
	if pair, err = nkeys.CreateAccount(); err != nil {
		return nil, "", "", err
	}
	if id, err = pair.PublicKey(); err != nil {
		return nil, "", "", err
	}
	claims := jwt.NewAccountClaims(id)
	claims.Name = name
	if storage != 0 {
		claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: storage, DiskStorage: storage, Streams: storage, Consumer: storage}
	}
	token, err = claims.Encode(operator)
	return pair, id, token, err
}

func user(dir, name string, of nkeys.KeyPair, change func(*jwt.UserClaims)) error {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return err
	}
	id, err := pair.PublicKey()
	if err != nil {
		return err
	}
	claims := jwt.NewUserClaims(id)
	claims.Name = name
	change(claims)
	token, err := claims.Encode(of)
	if err != nil {
		return err
	}
	seed, err := pair.Seed()
	if err != nil {
		return err
	}
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".creds"), text, 0o600)
}

// testTools are commands of the scripts that are no part of attest.
var testTools = map[string]func(){
	"nats-server": func() { exitOn(outsideServer(os.Args[1], os.Args[2])) },
	"secrets":     func() { exitOn(errors.Join(certificates("."), credentials("."))) },
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
