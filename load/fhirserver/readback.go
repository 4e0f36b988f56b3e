package fhirserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"chartlift/fhir"
)

// Stored is a resource as a server has it.
type Stored struct {
	Version string // meta.versionId, "" where it tells none
	Updated string // meta.lastUpdated
	JSON    []byte
	Raw     []byte // the same with the server's own ids, where JSON is nil because these are not ours
}

// Get returns a resource, or ErrNotFound (wrapped).
func (c *Client) Get(ctx context.Context, resourceType, id string) (Stored, error) {
	body, err := c.Read(ctx, resourceType, id)
	if err != nil {
		return Stored{}, err
	}
	return stored(body)
}

func stored(body []byte) (Stored, error) {
	var t fhir.Tree
	if err := t.Parse(body); err != nil {
		return Stored{}, errors.New("read what the server holds: not JSON") // the cause may quote it
	}
	meta := t.Find(0, "meta")
	if meta == 0 {
		return Stored{JSON: body}, nil
	}
	return Stored{Version: strings.Clone(t.FindText(meta, "versionId")), Updated: strings.Clone(t.FindText(meta, "lastUpdated")), JSON: body}, nil
}

// searchset is a page of a search or a history.
type searchset struct {
	ResourceType string `json:"resourceType"`
	Link         []struct {
		Relation string `json:"relation"`
		URL      string `json:"url"`
	} `json:"link"`
	Entry []struct {
		Resource json.RawMessage `json:"resource"`
		Request  struct {
			Method string `json:"method"`
		} `json:"request"`
		Response struct {
			Status       string `json:"status"`
			LastModified string `json:"lastModified"`
		} `json:"response"`
		Search struct {
			Mode string `json:"mode"`
		} `json:"search"`
	} `json:"entry"`
}

// mostPages bounds what is read of a listing: some hundred thousand pages of
// 100 or 500 are all resources of a large hospital.
const mostPages = 500_000

// pages hands out the pages of a search, following its links within the server.
// ok is false where the server refuses the search.
func (c *Client) pages(ctx context.Context, path string, each func(searchset) error) (ok bool, err error) {
	for range mostPages {
		a, v, err := c.whole(ctx, request{method: http.MethodGet, path: path})
		if err != nil || v != accepted {
			return false, err
		}
		var page searchset
		if json.Unmarshal(a.body, &page) != nil || page.ResourceType != "Bundle" {
			return false, c.fail("bad-answer", a.status, "the answer to a search is no bundle")
		}
		if err := each(page); err != nil {
			return true, err
		}
		next := ""
		for _, l := range page.Link {
			if l.Relation == "next" {
				next = l.URL
			}
		}
		if next == "" {
			return true, nil
		}
		was := path
		if path, ok = c.within(next); !ok {
			return false, c.strayed(a.status, next)
		}
		if path == was {
			break
		}
	}
	return false, c.fail("bad-answer", 0, "a search has no end")
}

// Find returns those of up to 100 resources that the server finds by id, in one
// request. ok is false where it cannot be searched so. What is not found may be
// there all the same: servers index late.
func (c *Client) Find(ctx context.Context, resourceType string, ids []string) (found map[string]Stored, ok bool, err error) {
	found = map[string]Stored{}
	path := url.PathEscape(resourceType) + "?_id=" + url.QueryEscape(strings.Join(ids, ",")) + fmt.Sprintf("&_count=%d", len(ids))
	ok, err = c.pages(ctx, path, func(page searchset) error {
		for _, e := range page.Entry {
			if e.Search.Mode != "" && e.Search.Mode != "match" {
				continue
			}
			s, err := stored(e.Resource)
			if err != nil {
				return err
			}
			var named struct{ ID string }
			if json.Unmarshal(e.Resource, &named) == nil {
				found[named.ID] = s
			}
		}
		return nil
	})
	return found, ok, err
}

// Current returns those of up to 100 resources that the server has. What a
// search does not find, or is not offered for, is read by itself.
func (c *Client) Current(ctx context.Context, resourceType string, ids []string) (map[string]Stored, error) {
	found, _, err := c.Find(ctx, resourceType, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, ok := found[id]; ok {
			continue
		}
		s, err := c.Get(ctx, resourceType, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[id] = s
	}
	return found, nil
}

// Mark is by what resources of ours are known on a server: a tag (system|code),
// or where Tag is "" the identifier that they get where the server gives the
// ids.
type Mark struct{ Tag string }

// Marked hands out, page by page, the ids of all resources of a type that bear
// the mark. ok is false where the server cannot be asked: it refuses the
// search, or answers with resources that do not bear it, as servers do that
// pass over parameters which they do not know (FHIR R4 section 3.1.1.1).
func (c *Client) Marked(ctx context.Context, resourceType string, by Mark, each func(ids []string) error) (ok bool, err error) {
	query := "_tag=" + url.QueryEscape(by.Tag) + "&_elements=id,meta"
	if by.Tag == "" {
		query = "identifier=" + url.QueryEscape(IdentifierSystem+"|") + "&_elements=id,identifier"
	}
	ok, err = c.pages(ctx, url.PathEscape(resourceType)+"?"+query+"&_count=500", func(page searchset) error {
		var ids []string
		for _, e := range page.Entry {
			var found marked
			if json.Unmarshal(e.Resource, &found) != nil || found.ResourceType != resourceType {
				continue
			}
			if !found.bears(by) {
				return errOtherSearch
			}
			ids = append(ids, found.ID)
		}
		return each(ids)
	})
	if errors.Is(err, errOtherSearch) {
		return false, nil
	}
	return ok, err
}

// marked is the part of a resource that tells whose it is.
type marked struct {
	ID, ResourceType string
	Meta             struct {
		Tag []struct{ System, Code string }
	}
	Identifier []struct{ System string } // only types with a list of them get one of ours
}

func (m marked) bears(by Mark) bool {
	for _, t := range m.Meta.Tag {
		if by.Tag != "" && t.System+"|"+t.Code == by.Tag {
			return true
		}
	}
	for _, i := range m.Identifier {
		if by.Tag == "" && i.System == IdentifierSystem {
			return true
		}
	}
	return false
}

// CountWhere counts the resources that match a search. ok is false where the
// server refuses the search.
func (c *Client) CountWhere(ctx context.Context, resourceType, query string) (n int64, ok bool, err error) {
	var found struct{ Total *int64 }
	a, v, err := c.whole(ctx, request{method: http.MethodGet, path: url.PathEscape(resourceType) + "?_summary=count&" + query})
	if err != nil || v != accepted {
		return 0, false, err
	}
	if json.Unmarshal(a.body, &found) != nil || found.Total == nil {
		return 0, false, nil
	}
	return *found.Total, true, nil
}
