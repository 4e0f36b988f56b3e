package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
)

// TLS holds PEM files. All may be empty.
type TLS struct {
	CA        []byte // certificates of authorities that the server's may be signed by, beside those of the system
	Cert, Key []byte // our own certificate and its key, for servers that ask for one
}

// Transport returns a transport with these certificates and otherwise Go's own
// settings: proxies by environment, HTTP/2, TLS 1.2 and newer. Connections are
// kept for as many requests at once as a load ever makes.
func Transport(o TLS) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(o.CA) {
			return nil, &Error{Code: "bad-certificate", Message: "the file of certificate authorities holds no certificate in PEM form"}
		}
		t.TLSClientConfig.RootCAs = pool
	}
	if (len(o.Cert) == 0) != (len(o.Key) == 0) {
		return nil, &Error{Code: "bad-certificate", Message: "a certificate and its key belong together; give both"}
	}
	if len(o.Cert) > 0 {
		pair, err := tls.X509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, &Error{Code: "bad-certificate", Message: "certificate and key do not fit together, or are not PEM", Err: errors.New("no key pair")}
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
