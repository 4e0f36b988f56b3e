package issue_test

import (
	"encoding/json"
	"testing"

	"chartlift/internal/issue"
)

func TestASeverityIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for s := issue.Information; s <= issue.Fatal; s++ {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got issue.Severity
		if err := json.Unmarshal(text, &got); err != nil || got != s {
			t.Errorf("%s became %s: %v", text, got, err)
		}
	}
	var s issue.Severity
	if err := s.UnmarshalText([]byte("mild")); err == nil {
		t.Error("mild is taken for a severity")
	}
}
