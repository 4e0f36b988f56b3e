package auth_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"chartlift/load/auth"
)

// certificate makes one that signs itself, with its key.
func certificate(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	k := ecKey(t, elliptic.P256())
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pkcs8(t, k)
}

func get(o auth.TLS, address string) (string, error) {
	transport, err := auth.Transport(o)
	if err != nil {
		return "", err
	}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get(address)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func TestCertificatesProveBothSides(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, "acme loader")
	ours := x509.NewCertPool()
	ours.AppendCertsFromPEM(cert)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours}
	server.StartTLS()
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})

	if got, err := get(auth.TLS{CA: ca, Cert: cert, Key: key}, server.URL); err != nil || got != "acme loader" {
		t.Errorf("with both: %q, %v", got, err)
	}
	if _, err := get(auth.TLS{CA: ca}, server.URL); err == nil {
		t.Error("the server asks for a certificate, none was given, and it answered")
	}
	if _, err := get(auth.TLS{Cert: cert, Key: key}, server.URL); err == nil {
		t.Error("an authority that nobody knows was trusted")
	}
}

func TestCertificatesThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	cert, _ := certificate(t, "one")
	_, other := certificate(t, "two")
	for name, o := range map[string]auth.TLS{
		"no PEM":             {CA: []byte("hello")},
		"a cert, no key":     {Cert: cert},
		"a key, no cert":     {Key: other},
		"the key of another": {Cert: cert, Key: other},
	} {
		_, err := auth.Transport(o)
		t.Run(name, func(t *testing.T) { wantError(t, err, "bad-certificate") })
	}
}
