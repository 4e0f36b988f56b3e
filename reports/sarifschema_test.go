package reports_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// sarifMembers is what the schema of SARIF 2.1.0 requires of a log, or bounds,
// in the parts that are written
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json).
type sarifMembers struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  *string
				Rules []struct {
					ID               *string
					ShortDescription struct{ Text *string }
					Help             *struct{ Text *string }
				}
			}
		}
		AutomationDetails struct{ ID string }
		Results           []sarifMember
	}
}

type sarifMember struct {
	RuleID          string
	RuleIndex       *int
	Level           string
	OccurrenceCount *int
	Message         *struct{ Text *string }
	Locations       []sarifPlace
	Related         []sarifPlace `json:"relatedLocations"`
}

type sarifPlace struct {
	PhysicalLocation *struct {
		ArtifactLocation *struct{ URI *string }
		Region           *struct {
			StartLine, StartColumn *int
		}
	}
}

// wrong says what the schema does not allow of a place.
func (p sarifPlace) wrong() string {
	switch l := p.PhysicalLocation; {
	case l == nil || l.ArtifactLocation == nil || l.ArtifactLocation.URI == nil:
		return "no file"
	case l.Region != nil && (l.Region.StartLine == nil || *l.Region.StartLine < 1 || l.Region.StartColumn != nil && *l.Region.StartColumn < 1):
		return "a line or column below 1"
	default:
		if u, err := url.Parse(*l.ArtifactLocation.URI); err != nil || strings.ContainsAny(*l.ArtifactLocation.URI, " \\") {
			return "no reference by RFC 3986: " + *l.ArtifactLocation.URI
		} else if u.Scheme != "" && len(u.Scheme) == 1 {
			return "a drive is no scheme: " + *l.ArtifactLocation.URI
		}
	}
	return ""
}

// wrong says what the schema does not allow of a result, "" for nothing.
func (r sarifMember) wrong(rules int) string {
	switch {
	case r.Message == nil || r.Message.Text == nil || *r.Message.Text == "":
		return "no message.text"
	case !slices.Contains([]string{"none", "note", "warning", "error"}, r.Level):
		return "the level " + r.Level
	case r.RuleIndex != nil && (*r.RuleIndex < -1 || *r.RuleIndex >= rules):
		return "a rule that is not listed"
	case r.OccurrenceCount != nil && *r.OccurrenceCount < 1:
		return "an occurrenceCount below 1"
	}
	for _, p := range append(slices.Clone(r.Locations), r.Related...) {
		if text := p.wrong(); text != "" {
			return text
		}
	}
	return ""
}

func TestSARIFHasWhatItsSchemaRequires(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	odd, _ := open(t)
	rec, patients := begin(t, odd, reports.Options{})
	for _, severity := range []issue.Severity{issue.Fatal, issue.Error, issue.Warning, issue.Information} {
		rec.Issue(patients, issue.Issue{Severity: severity, Code: "a", At: issue.Position{File: `maps/ü b%[x].yaml`, Line: 1, Column: 1}, Message: "<b>\"look\"</b>", Origin: issue.Origin{Row: 1, Line: 1}})
		rec.Issue(0, issue.Issue{Severity: severity, Code: "b", Message: "of no table"})
	}
	finish(t, rec, reports.Succeeded)
	empty, _ := open(t)
	rec, _ = begin(t, empty, reports.Options{})
	finish(t, rec, reports.Succeeded)
	for name, of := range map[string]*reports.DB{"sample": db, "odd": odd, "empty": empty} {
		var b bytes.Buffer
		if err := of.SARIF(t.Context(), "", &b, []issue.Code{{Code: "a", Title: "something", Fix: "mend it"}}); err != nil {
			t.Fatal(err)
		}
		var log sarifMembers
		if err := json.Unmarshal(b.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		if log.Version != "2.1.0" || !strings.HasPrefix(log.Schema, "https://") || len(log.Runs) != 1 || log.Runs[0].Results == nil && !strings.Contains(b.String(), `"results": []`) {
			t.Fatalf("%s: %.300s", name, b.String())
		}
		run := log.Runs[0]
		rules := map[string]bool{}
		for _, r := range run.Tool.Driver.Rules {
			if r.ID == nil || rules[*r.ID] || r.ShortDescription.Text == nil || *r.ShortDescription.Text == "" || r.Help != nil && r.Help.Text == nil {
				t.Errorf("%s: the rule %+v", name, r)
				continue
			}
			rules[*r.ID] = true
		}
		if run.Tool.Driver.Name == nil || *run.Tool.Driver.Name == "" || (len(run.Results) == 0) != (name == "empty") {
			t.Errorf("%s: tool %+v with %d results", name, run.Tool, len(run.Results))
		}
		for _, r := range run.Results {
			if text := r.wrong(len(run.Tool.Driver.Rules)); text != "" || !rules[r.RuleID] {
				t.Errorf("%s: %s: %s, rule listed: %v", name, r.RuleID, text, rules[r.RuleID])
			}
		}
	}
}
