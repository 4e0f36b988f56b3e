package auth

import "chartlift/internal/issue"

// Codes lists the stable codes of this package, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "bad-certificate", Title: "a certificate or its key cannot be used", Fix: "give PEM files: --cacert for who signed the server's certificate, --cert and --key for your own"},
		{Code: "bad-credentials", Title: "client id, key or secret cannot be used", Fix: "give --client-id and --client-key FILE (JWK or PEM), or --client-secret-file"},
		{Code: "bad-token-url", Title: "the token endpoint cannot be used", Fix: "give --token-url https://host/path"},
		{Code: "no-token", Title: "the authorization server gave no token", Fix: "check client id, key, scopes and the clock; the message says what it answered"},
		{Code: "no-token-endpoint", Title: "the server does not say where tokens are given out", Fix: "give --token-url https://host/path"},
	}
}
