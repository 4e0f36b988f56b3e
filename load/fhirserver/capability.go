package fhirserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Capability is the part of the server's CapabilityStatement that delivery
// depends on.
type Capability struct {
	Software    string // name and version, "" where not told
	FHIRVersion string
	Transaction bool
	Batch       bool
	types       map[string]ability // resource types listed, empty where the statement lists none
	operations  map[string]bool    // of the whole system, by name
}

// Deletes reports whether the server deletes resources of a type, as far as its
// statement tells.
func (c Capability) Deletes(resourceType string) bool {
	a, _ := c.of(resourceType)
	return a.remove
}

// Updates reports whether the server takes a whole resource of a type in place
// of the one that it has, as far as its statement tells.
func (c Capability) Updates(resourceType string) bool {
	a, _ := c.of(resourceType)
	return a.update
}

// statement is CapabilityStatement (FHIR R4 section 5.2), as far as it is read.
type statement struct {
	ResourceType string `json:"resourceType"`
	FHIRVersion  string `json:"fhirVersion"`
	Software     struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"software"`
	Rest []struct {
		Mode        string   `json:"mode"`
		Interaction []coded  `json:"interaction"`
		Resource    []stated `json:"resource"`
		Operation   []struct {
			Name string `json:"name"`
		} `json:"operation"`
	} `json:"rest"`
}

type coded struct {
	Code string `json:"code"`
}

// stated is what a statement says of one type.
type stated struct {
	Type              string  `json:"type"`
	Interaction       []coded `json:"interaction"`
	UpdateCreate      *bool   `json:"updateCreate"`
	ConditionalCreate *bool   `json:"conditionalCreate"`
	SearchParam       []struct {
		Name string `json:"name"`
	} `json:"searchParam"`
}

// startTimeout bounds the first request: patience begins after the first good
// answer.
const startTimeout = 30 * time.Second

// cutOff reports whether a server was there and its answer was lost. Only that
// is asked again at the start.
func cutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// metadataPath is where a server says what it does.
const metadataPath = "metadata"

// readCapability reads BASE/metadata, without patience.
func (c *Client) readCapability(ctx context.Context) (Capability, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	a, err := c.do(ctx, request{method: http.MethodGet, path: metadataPath})
	for again := 1; err != nil && again < brokenTries && cutOff(err); again++ {
		if err := c.options.Clock.Sleep(ctx, backoffFirst); err != nil {
			return Capability{}, err
		}
		a, err = c.do(ctx, request{method: http.MethodGet, path: metadataPath})
	}
	if err != nil {
		return Capability{}, c.startError(ctx, err)
	}
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return Capability{}, c.refusedCredentials(a.status)
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		return Capability{}, c.fail("not-a-fhir-server", a.status, "nothing answers at metadata; check the path of the server address")
	case a.status >= 500:
		return Capability{}, c.fail("server-down", a.status, "the server answers with an error; try again when it is up")
	case a.status != http.StatusOK:
		return Capability{}, c.fail("not-a-fhir-server", a.status, "metadata is not served; check the server address")
	}
	return c.parseStatement(a)
}

func (c *Client) startError(ctx context.Context, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) && errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	if errors.Is(err, errTooLong) {
		return c.fail("not-a-fhir-server", http.StatusOK, "metadata is longer than any capability statement (a download?); check the server address")
	}
	return &Error{Code: "server-down", Target: c.target, Message: "no answer; check the address and that the server is up", Err: err}
}

func (c *Client) parseStatement(a answer) (Capability, error) {
	var st statement
	body := bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\ufeff")))
	if len(body) == 0 || body[0] != '{' {
		return Capability{}, c.fail("not-a-fhir-server", a.status, "metadata is not JSON (a web page?); check the server address")
	}
	if err := json.Unmarshal(body, &st); err != nil || st.ResourceType != "CapabilityStatement" {
		return Capability{}, c.fail("not-a-fhir-server", a.status, "metadata is not a CapabilityStatement; check the server address")
	}
	if st.FHIRVersion != "4.0" && !strings.HasPrefix(st.FHIRVersion, "4.0.") {
		return Capability{}, c.fail("wrong-fhir-version", a.status, "the server does not speak FHIR R4 (4.0.1); use its R4 endpoint")
	}
	software := strings.TrimSpace(st.Software.Name + " " + st.Software.Version)
	found := Capability{Software: software, FHIRVersion: st.FHIRVersion, types: map[string]ability{}, operations: map[string]bool{}}
	for _, rest := range st.Rest {
		if rest.Mode == "client" {
			continue
		}
		for _, i := range rest.Interaction {
			found.Transaction = found.Transaction || i.Code == "transaction"
			found.Batch = found.Batch || i.Code == "batch"
		}
		for _, o := range rest.Operation {
			found.operations[strings.TrimPrefix(o.Name, "$")] = true
		}
		silent := !slices.ContainsFunc(rest.Resource, func(r stated) bool { return len(r.Interaction) > 0 })
		for _, r := range rest.Resource {
			found.types[r.Type] = r.ability(silent)
		}
	}
	return found, nil
}
