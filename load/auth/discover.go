package auth

import (
	"context"
	"net/http"
	"strings"
)

// oauthURIs is the extension by which a CapabilityStatement names its
// authorization server (SMART App Launch 1.0.0, section "Declaring support for
// OAuth2 endpoints").
const oauthURIs = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

// discover finds the token endpoint: in .well-known/smart-configuration, or in
// the statement of older servers. It is asked for once.
func (c *Client) discover(ctx context.Context) error {
	if c.endpoint != "" {
		return nil
	}
	base := strings.TrimRight(c.options.Base, "/")
	if err := c.checkEndpoint(base); err != nil {
		return err
	}
	var smart struct {
		Endpoint string `json:"token_endpoint"`
	}
	var st statement
	status, err := c.get(ctx, base+"/.well-known/smart-configuration", &smart)
	found := smart.Endpoint
	if err != nil || status != http.StatusOK || found == "" {
		if status, err = c.get(ctx, base+"/metadata", &st); err == nil && status == http.StatusOK {
			found = st.tokenEndpoint()
		}
	}
	if found == "" {
		return &Error{Code: "no-token-endpoint", Message: "neither .well-known/smart-configuration nor metadata of the server names a token endpoint; give it by --token-url", Err: err}
	}
	if err := c.checkEndpoint(found); err != nil {
		return err
	}
	c.endpoint = found
	return nil
}

func (c *Client) get(ctx context.Context, address string, out any) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	return c.do(req, out)
}

// statement is a CapabilityStatement, as far as it is read here.
type statement struct {
	Rest []struct {
		Security struct {
			Extension []extension `json:"extension"`
		} `json:"security"`
	} `json:"rest"`
}

type extension struct {
	URL       string      `json:"url"`
	ValueURI  string      `json:"valueUri"`
	Extension []extension `json:"extension"`
}

func (s statement) tokenEndpoint() string {
	for _, rest := range s.Rest {
		for _, e := range rest.Security.Extension {
			for _, part := range e.Extension {
				if e.URL == oauthURIs && part.URL == "token" {
					return part.ValueURI
				}
			}
		}
	}
	return ""
}
