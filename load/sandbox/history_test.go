package sandbox_test

import (
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

func TestHistoryTellsEveryVersionTheLatestFirst(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/a", patient("a"))
	c.want(200, "PUT", "/Patient/a", strings.Replace(patient("a"), `"id"`, `"gender":"male","id"`, 1))
	c.want(204, "DELETE", "/Patient/a", "")
	c.want(201, "PUT", "/Patient/a", patient("a"))
	body := c.want(200, "GET", "/Patient/a/_history", "").body
	at := 0
	for _, next := range []string{`"total":4`, `"versionId":"4"`, `"method":"DELETE"`, `"gender":"male"`, `"versionId":"2"`, `"versionId":"1"`} {
		found := strings.Index(body[at:], next)
		if found < 0 {
			t.Fatalf("%s does not follow in\n%s", next, body)
		}
		at += found
	}
	c.want(404, "GET", "/Patient/never/_history", "")
}

func TestResourcesAreFoundByTheirTag(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/a", strings.Replace(patient("a"), `"id"`, `"meta":{"tag":[{"system":"s","code":"x"},{"system":"s","code":"y"}]},"id"`, 1))
	c.want(201, "PUT", "/Patient/b", patient("b"))
	for query, want := range map[string]string{"s|y": "1", "s|z": "0", "t|y": "0"} {
		if got := c.want(200, "GET", "/Patient?_summary=count&_tag="+query, ""); !strings.Contains(got.body, `"total":`+want) {
			t.Errorf("%s finds %s, want %s", query, got.body, want)
		}
	}
}
