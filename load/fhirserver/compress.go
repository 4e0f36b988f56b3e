package fhirserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"

	"chartlift/load"
)

// Compression says whether requests are compressed.
type Compression int

// The values of Compression. CompressRemote is for hosts that are not this
// machine: on loopback it costs and gains nothing.
const (
	CompressRemote Compression = iota
	CompressAlways
	CompressNever
)

// packing is what is known of whether a server takes compressed requests.
type packing int32

const (
	untried packing = iota
	packed
	plain
)

const compressFrom = 2048 // bytes of a body; less is not worth the work

func (c *Client) newPacking() packing {
	if c.options.Compress == CompressNever || c.options.Compress == CompressRemote && load.Loopback(c.base.Hostname()) {
		return plain
	}
	return untried
}

// exchange sends r once, compressed where the server takes that. The first
// refusal of a compressed request is the probe: where the same goes through as
// it is, the server is never sent a compressed one again.
func (c *Client) exchange(ctx context.Context, r request, bearer string) (answer, error) {
	state := packing(c.packing.Load())
	if state == plain || len(r.body) < compressFrom {
		return c.roundTrip(ctx, r, bearer)
	}
	small, err := pack(r.body)
	if err != nil {
		return answer{}, err
	}
	squeezed := r
	squeezed.body, squeezed.encoding = small, "gzip"
	a, err := c.roundTrip(ctx, squeezed, bearer)
	if err != nil {
		return a, err
	}
	if a.status < 300 {
		c.packing.CompareAndSwap(int32(untried), int32(packed))
		return a, nil
	}
	if a.status != http.StatusUnsupportedMediaType && (state == packed || !maybeUnread(a.status)) {
		return a, nil
	}
	was := a
	if a, err = c.roundTrip(ctx, r, bearer); err != nil {
		return a, err
	}
	if a.status < 300 || was.status == http.StatusUnsupportedMediaType {
		c.packing.Store(int32(plain))
	}
	return a, nil
}

// maybeUnread are statuses with which servers answer to a body that they take
// for damaged.
func maybeUnread(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusUnprocessableEntity || status == http.StatusInternalServerError || status == http.StatusNotImplemented
}

func pack(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
