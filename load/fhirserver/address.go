package fhirserver

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"chartlift/load"
)

// checkAddress returns the base address without a trailing slash, or why
// nothing may be sent to it.
func checkAddress(o Options) (*url.URL, error) {
	u, err := url.Parse(o.Base)
	if err != nil {
		// url.Error repeats the address, which may hold a password.
		return nil, &Error{Code: "bad-address", Target: "target", Message: "the server address is not a URL; write https://host/path"}
	}
	if message := unusable(u); message != "" {
		return nil, &Error{Code: "bad-address", Target: shown(u), Message: message}
	}
	if o.Token != nil && o.User != "" {
		return nil, &Error{Code: "bad-address", Target: shown(u), Message: "give a bearer token or a user, not both"}
	}
	listed := slices.Contains(o.Insecure, u.Hostname()) || slices.Contains(o.Insecure, u.Host)
	if u.Scheme == "http" && !load.Loopback(u.Hostname()) && !listed {
		return nil, &Error{Code: "insecure-address", Target: shown(u), Message: "patient data would travel in clear text; use https, or allow this host by name"}
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// unusable says what to change in the address, "" where it is good.
func unusable(u *url.URL) string {
	switch {
	case u.User != nil:
		// An address reaches logs, shell histories and process lists.
		return "take the credentials out of the address and give them by environment"
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "write the server address as https://host/path"
	case u.RawQuery != "" || u.Fragment != "":
		return "the server address may not have a query or a fragment"
	}
	return ""
}

// shown is the address as it may be printed.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

var errRedirect = errors.New("the server redirects to another address")

// redirects follows a GET inside the same scheme, host and port and nothing
// else: resources and tokens go only where the user sent them.
func redirects(base *url.URL) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		same := r.URL.Scheme == base.Scheme && r.URL.Host == base.Host
		if !same || via[0].Method != http.MethodGet || len(via) > 5 {
			return errRedirect
		}
		return nil
	}
}
