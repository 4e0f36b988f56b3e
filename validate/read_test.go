package validate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

// items returns one line for each item of a text.
func items(t *testing.T, name, text string) []string {
	t.Helper()
	var all []string
	each := func(it *validate.Item) {
		all = append(all, fmt.Sprintf("line %d entry %d %s/%s bundle=%v", it.Line, it.Entry, it.Resource.Type, it.Resource.ID, it.Bundle))
	}
	if err := validate.Read(context.Background(), name, strings.NewReader(text), each); err != nil {
		t.Fatal(err)
	}
	return all
}

const prettyBundle = `{
 "resourceType": "Bundle", "type": "collection",
 "entry": [
  {"resource":
    {"resourceType": "Patient", "id": "1"}},
  {"fullUrl": "urn:uuid:1"},
  {"resource": {"resourceType": "Observation", "id": "2"}}
 ]
}
`

func TestReadFindsResourcesInEveryShapeOfFile(t *testing.T) {
	t.Parallel()
	const one, two = `{"resourceType":"Patient","id":"1"}`, `{"resourceType":"Patient","id":"2"}`
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a.json", one, []string{"line 1 entry -1 Patient/1 bundle=false"}},
		{"a.json", "\n" + one, []string{"line 1 entry -1 Patient/1 bundle=false"}},
		{"a.json", "{\n\"resourceType\":\"Patient\",\n\"id\":\"1\"}\n", []string{"line 1 entry -1 Patient/1 bundle=false"}},
		{"a.ndjson", one + "\n\n" + two + "\r\n", []string{"line 1 entry -1 Patient/1 bundle=false", "line 3 entry -1 Patient/2 bundle=false"}},
		{"stdin", one + "\n" + two, []string{"line 1 entry -1 Patient/1 bundle=false", "line 2 entry -1 Patient/2 bundle=false"}},
		{"a.ndjson", "broken\n" + two, []string{"line 1 entry -1 / bundle=false", "line 2 entry -1 Patient/2 bundle=false"}},
		{"a.json", "broken", []string{"line 1 entry -1 / bundle=false"}},
		{"a.ndjson", "", nil},
		{"a.json", prettyBundle, []string{
			"line 1 entry -1 Bundle/ bundle=true", "line 5 entry 0 Patient/1 bundle=false", "line 7 entry 2 Observation/2 bundle=false",
		}},
	} {
		if diff := cmp.Diff(c.want, items(t, c.name, c.text)); diff != "" {
			t.Errorf("%s %q: %s", c.name, c.text, diff)
		}
	}
}

// endless is a line without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestReadIsBoundedAndStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	if err := validate.Read(context.Background(), "a.ndjson", endless{}, func(*validate.Item) {}); !errors.Is(err, validate.ErrTooLarge) {
		t.Errorf("endless line: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	lines := strings.NewReader(strings.Repeat("{}\n", 1000))
	count := 0
	err := validate.Read(ctx, "a.ndjson", lines, func(*validate.Item) { count++; cancel() })
	if !errors.Is(err, context.Canceled) || count != 1 {
		t.Errorf("cancelled: %v after %d items", err, count)
	}
}

func TestReadPassesOnTheReadersError(t *testing.T) {
	t.Parallel()
	broken := io.MultiReader(strings.NewReader("{}\n"), errReader{})
	if err := validate.Read(context.Background(), "a.ndjson", broken, func(*validate.Item) {}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
