package fhirserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// ErrNotFound means that the server does not have the resource, or has it no
// longer.
var ErrNotFound = errors.New("not on the server")

// Count returns how many resources of a type the server holds, with the
// patience of any request.
func (c *Client) Count(ctx context.Context, resourceType string) (int64, error) {
	var found struct {
		ResourceType string `json:"resourceType"`
		Total        *int64 `json:"total"`
	}
	a, v, err := c.whole(ctx, request{method: http.MethodGet, path: url.PathEscape(resourceType) + "?_summary=count"})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", resourceType, err)
	}
	if v != accepted {
		return 0, fmt.Errorf("count %s: %w", resourceType, c.fail("refused-by-server", a.status, "the server does not count this type"))
	}
	if err := json.Unmarshal(a.body, &found); err != nil || found.ResourceType != "Bundle" || found.Total == nil {
		return 0, fmt.Errorf("count %s: %w", resourceType, c.fail("bad-answer", a.status, "the answer has no total"))
	}
	return *found.Total, nil
}

// Read returns the resource as the server gives it, or ErrNotFound (wrapped).
func (c *Client) Read(ctx context.Context, resourceType, id string) (json.RawMessage, error) {
	a, v, err := c.whole(ctx, request{method: http.MethodGet, path: url.PathEscape(resourceType) + "/" + url.PathEscape(id)})
	if err != nil {
		return nil, fmt.Errorf("read one %s: %w", resourceType, err)
	}
	if a.status == http.StatusNotFound || a.status == http.StatusGone {
		return nil, fmt.Errorf("read one %s: %w", resourceType, ErrNotFound)
	}
	if v != accepted {
		return nil, fmt.Errorf("read one %s: %w", resourceType, c.fail("refused-by-server", a.status, "the server does not give it out"))
	}
	if !json.Valid(a.body) {
		return nil, fmt.Errorf("read one %s: %w", resourceType, c.fail("bad-answer", a.status, "the answer is not JSON"))
	}
	return a.body, nil
}
