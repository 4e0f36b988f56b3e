package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"chartlift/load/auth"
	"chartlift/load/fhirserver"
)

// credentialOptions say who we are to a server. Secrets themselves are never
// among them: a command line stands in shell histories and process lists, so
// flags name files, and the environment holds the rest.
type credentialOptions struct {
	tokenFile  string
	clientID   string
	clientKey  string
	keyID      string
	secretFile string
	tokenURL   string
	scope      string
	caFile     string
	certFile   string
	keyFile    string
}

func (o *credentialOptions) credentialFlags(f *pflag.FlagSet) {
	f.StringVar(&o.tokenFile, "token-file", "", "file with a bearer token (or set CHARTLIFT_TOKEN, or CHARTLIFT_USER and CHARTLIFT_PASSWORD)")
	f.StringVar(&o.clientID, "client-id", "", "OAuth 2 client id, for tokens by SMART backend services or client credentials")
	f.StringVar(&o.clientKey, "client-key", "", "file with the client's private key: JWK, JWK set or PEM (RSA or EC P-384)")
	f.StringVar(&o.keyID, "client-key-id", "", "kid of the client's key, where the file does not say it or holds several")
	f.StringVar(&o.secretFile, "client-secret-file", "", "file with the client's secret (or set CHARTLIFT_CLIENT_SECRET)")
	f.StringVar(&o.tokenURL, "token-url", "", "token endpoint; without it the server is asked (.well-known/smart-configuration)")
	f.StringVar(&o.scope, "scope", auth.DefaultScope, "scopes to ask for")
	f.StringVar(&o.caFile, "cacert", "", "file with certificates of authorities to trust beside those of the system (PEM)")
	f.StringVar(&o.certFile, "cert", "", "file with our own certificate, for servers that ask for one (PEM)")
	f.StringVar(&o.keyFile, "key", "", "file with the key of --cert (PEM)")
}

// credentials adds what o and the environment hold to the options of a server.
func (o credentialOptions) credentials(to *fhirserver.Options) error {
	transport, err := o.transport()
	if err != nil {
		return err
	}
	to.HTTP = &http.Client{Transport: transport}
	switch token := os.Getenv("CHARTLIFT_TOKEN"); {
	case o.clientID != "":
		to.Token, err = o.client(to, transport)
		return err
	case o.clientKey != "" || o.secretFile != "" || o.tokenURL != "" || o.keyID != "":
		return usage("--client-key, --client-key-id, --client-secret-file and --token-url need --client-id")
	case o.tokenFile != "":
		f := auth.File(func() (string, error) { return readSecret("token", o.tokenFile) })
		_, err := f(context.Background(), "") // that the file is there is said before anything is sent;
		to.Token = f
		return err
	case token != "":
		to.Token = auth.Static(token)
	default:
		to.User, to.Password = os.Getenv("CHARTLIFT_USER"), os.Getenv("CHARTLIFT_PASSWORD")
	}
	return nil
}

// client is one that fetches tokens.
func (o credentialOptions) client(to *fhirserver.Options, transport http.RoundTripper) (fhirserver.TokenFunc, error) {
	a := auth.Options{
		Base: to.Base, TokenURL: o.tokenURL, Insecure: to.Insecure, Scope: o.scope,
		ClientID: o.clientID, KeyID: o.keyID, Secret: os.Getenv("CHARTLIFT_CLIENT_SECRET"), HTTP: transport,
	}
	if o.tokenFile != "" {
		return nil, usage("--token-file and --client-id are two ways to the same thing; give one of them")
	}
	if o.clientKey != "" {
		text, err := readSecret("client key", o.clientKey)
		if err != nil {
			return nil, err
		}
		a.Key, a.Secret = []byte(text), ""
	}
	if o.secretFile != "" {
		var err error
		if a.Secret, err = readSecret("client secret", o.secretFile); err != nil {
			return nil, err
		}
	}
	c, err := auth.New(a)
	if err != nil {
		return nil, err
	}
	return c.Token, nil
}

func (o credentialOptions) transport() (*http.Transport, error) {
	var t auth.TLS
	var failed error
	for _, f := range []struct {
		what, path string
		to         *[]byte
	}{{"certificates", o.caFile, &t.CA}, {"certificate", o.certFile, &t.Cert}, {"certificate's key", o.keyFile, &t.Key}} {
		if f.path == "" {
			continue
		}
		text, err := readSecret(f.what, f.path)
		failed = errors.Join(failed, err)
		*f.to = []byte(text)
	}
	if failed != nil {
		return nil, failed
	}
	return auth.Transport(t)
}

// readSecret reads a small file, without the blanks around what it holds. what
// says in an error which one it is.
func readSecret(what, path string) (string, error) {
	f, err := openFile(path)
	if err != nil {
		return "", fmt.Errorf("read %s file: %w", what, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return "", fmt.Errorf("read %s file: %w", what, err)
	}
	return strings.TrimSpace(string(text)), nil
}
