package fhirserver

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// version is one of a resource's history.
type version struct {
	Stored
	at      time.Time // zero where the server does not tell
	deleted bool
}

// Before returns the version of a resource that stood before the given one. exists is false where the given one is the first, or the resource
// was deleted before it; ok is false where the server tells no history, or not back to that version and the one before: a server that throws old versions away must not
// make us take what was there before for new.
func (c *Client) Before(ctx context.Context, resourceType, id, of string) (s Stored, exists, ok bool, err error) {
	all, ok, err := c.history(ctx, resourceType, id)
	if err != nil || !ok {
		return s, false, false, err
	}
	at := slices.IndexFunc(all, func(v version) bool { return !v.deleted && v.Version == of })
	if at < 0 {
		return s, false, false, nil
	}
	if at++; at == len(all) {
		n, err := strconv.Atoi(of)
		return s, false, err != nil || n <= 1, nil // version 4 without a third: the history was cut
	}
	if all[at].deleted {
		return s, false, true, nil
	}
	return all[at].Stored, true, true, nil
}

// history returns the versions of a resource, the latest first. ok is false where the server tells none. The specification wants that order (FHIR R4
// section 3.1.0.8), and not every server keeps to it: Medplum's memory does not. So it is sorted by time, where all versions tell theirs.
func (c *Client) history(ctx context.Context, resourceType, id string) (all []version, ok bool, err error) {
	timed := true
	ok, err = c.pages(ctx, url.PathEscape(resourceType)+"/"+url.PathEscape(id)+"/_history", func(page searchset) error {
		for _, e := range page.Entry {
			v := version{deleted: e.Request.Method == http.MethodDelete || len(e.Resource) == 0}
			when := e.Response.LastModified
			if !v.deleted {
				var err error
				if v.Stored, err = stored(e.Resource); err != nil {
					return err
				}
				when = v.Updated
			}
			if v.at, err = time.Parse(time.RFC3339Nano, when); err != nil {
				timed = false
			}
			all = append(all, v)
		}
		return nil
	})
	if timed {
		slices.SortStableFunc(all, func(a, b version) int { return b.at.Compare(a.at) })
	}
	return all, ok, err
}
