package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// lifetime is how long an assertion is good. SMART allows five minutes; the
// shorter it is, the less one that leaked is worth, and the less our clock may
// differ.
const lifetime = 60 * time.Second

// signer makes the assertions of RFC 7523 section 3.
type signer struct {
	jose jose.Signer
}

func badKey(err error) error {
	return &Error{Code: "bad-credentials", Message: "the client key must be a private RSA key of 2048 bits or more, or an EC key on P-384, as JWK, JWK set or PEM", Err: err}
}

// newSigner reads the key. kid chooses from a set of keys; a PEM key has the
// one given.
func newSigner(text []byte, kid string) (*signer, error) {
	key, err := readKey(text, kid)
	if err != nil {
		return nil, badKey(err)
	}
	alg, err := algorithm(key)
	if err != nil {
		return nil, badKey(err)
	}
	if key.KeyID == "" {
		// Servers find the key by its kid; the thumbprint of RFC 7638 is what
		// is taken where nothing was agreed.
		sum, err := key.Thumbprint(crypto.SHA256)
		if err != nil {
			return nil, badKey(err)
		}
		key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: *key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, badKey(errors.New("it cannot sign")) // the cause may hold parts of the key
	}
	return &signer{s}, nil
}

func readKey(text []byte, kid string) (*jose.JSONWebKey, error) {
	if block, _ := pem.Decode(text); block != nil {
		k, err := readPEM(block)
		return &jose.JSONWebKey{Key: k, KeyID: kid}, err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 {
		var one jose.JSONWebKey
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, errors.New("it is neither PEM nor JWK")
		}
		set.Keys = []jose.JSONWebKey{one}
	}
	for i := range set.Keys {
		k := &set.Keys[i]
		if _, err := algorithm(k); err == nil && !k.IsPublic() && (kid == "" || k.KeyID == kid) {
			return k, nil
		}
	}
	return nil, errors.New("no key in it can sign, or none has the key id that was asked for")
}

func readPEM(block *pem.Block) (any, error) {
	if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	return nil, fmt.Errorf("a PEM block %q cannot be read; is it encrypted?", block.Type)
}

// algorithm is the one of the two that SMART knows: RS384 or ES384.
func algorithm(key *jose.JSONWebKey) (jose.SignatureAlgorithm, error) {
	switch k := key.Key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return "", errors.New("the RSA key is too short")
		}
		return jose.RS384, nil
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P384() {
			return "", errors.New("the EC key is not on P-384")
		}
		return jose.ES384, nil
	}
	return "", errors.New("it is not a private key")
}

// claims of an assertion. Keycloak and others refuse one without iat, and every
// server one whose jti was seen.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// assertion is a fresh one: it must be used once only.
func (s *signer) assertion(clientID, audience string, now time.Time) (string, error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	payload, err := json.Marshal(claims{
		Issuer: clientID, Subject: clientID, Audience: audience, ID: hex.EncodeToString(id[:]),
		Issued: now.Unix(), Expires: now.Add(lifetime).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("write assertion: %w", err)
	}
	signed, err := s.jose.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("write assertion: %w", err)
	}
	return text, nil
}
