package undo_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/internal/undo"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// moody refuses every change with one status.
type moody struct {
	*server
	status int
}

func (m moody) Apply(context.Context, []fhirserver.Change) (int, error) { return m.status, nil }

// told are the refusals of a plan.
func told(p *undo.Plan) []string {
	var all []string
	for _, r := range p.Refused {
		all = append(all, r.Type+"/"+r.ID+" "+r.Code+": "+r.Why)
	}
	return all
}

func TestWhatAServerDoesForNobodyIsNotPlanned(t *testing.T) {
	t.Parallel()
	yes := func(string) bool { return true }
	no := func(typ string) bool { return typ != "Patient" }
	for name, c := range map[string]struct {
		by    undo.Abilities
		steps string
		want  []string
	}{
		"it does all": {undo.Abilities{Deletes: yes, Updates: yes}, "Patient/a Patient/b Observation/c", nil},
		"no deletes":  {undo.Abilities{Deletes: no, Updates: yes}, "Patient/b Observation/c", []string{"Patient/a not-deleted-by-server: the server deletes no Patient, by its capability statement"}},
		"no updates": {undo.Abilities{Deletes: yes, Updates: no}, "Patient/a Observation/c", []string{
			"Patient/b not-changed-by-server: the server takes no changes of a Patient, so what stood there before cannot be put back, by its capability statement",
		}},
	} {
		p := &undo.Plan{Steps: []undo.Step{{Type: "Patient", ID: "a"}, {Type: "Patient", ID: "b", Before: []byte("{}")}, {Type: "Observation", ID: "c"}}}
		p.Bound(c.by)
		var steps []string
		for _, s := range p.Steps {
			steps = append(steps, s.Type+"/"+s.ID)
		}
		if strings.Join(steps, " ") != c.steps || !slices.Equal(told(p), c.want) {
			t.Errorf("%s: %q, left %q", name, steps, told(p))
		}
	}
}

func TestTheReasonThatIsToldIsTheOneThatTheServerGave(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		409: "still-referred-to: the server refuses it: others refer to it",
		405: "not-deleted-by-server: the server deletes no Patient",
		501: "not-deleted-by-server: the server deletes no Patient",
		403: "undo-refused: the server refuses it with status 403",
		422: "undo-refused: the server refuses it with status 422",
	} {
		s := moody{&server{versions: map[string][]string{"a": {"male"}, "b": {"female"}}}, status}
		p := &undo.Plan{Steps: []undo.Step{{Type: "Patient", ID: "a", Version: "1"}, {Type: "Patient", ID: "b", Version: "1"}}}
		if err := p.Carry(t.Context(), s, func(all []reports.Delivered) error {
			t.Errorf("%d: taken back: %+v", status, all)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := told(p); !slices.Equal(got, []string{"Patient/a " + want, "Patient/b " + want}) {
			t.Errorf("%d: %q", status, got)
		}
	}
	s := moody{&server{versions: map[string][]string{"a": {"male"}}}, 405}
	p := &undo.Plan{Steps: []undo.Step{{Type: "Patient", ID: "a", Version: "1", Before: []byte(`{"gender":"female"}`)}}}
	if err := p.Carry(t.Context(), s, func([]reports.Delivered) error { return nil }); err != nil || len(p.Refused) != 1 || p.Refused[0].Code != "not-changed-by-server" {
		t.Errorf("what is to be put back: %v %q", err, told(p))
	}
}

func TestTheCodesOfUndoAreSortedAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	codes := undo.Codes()
	if !slices.IsSortedFunc(codes, func(a, b issue.Code) int { return strings.Compare(a.Code, b.Code) }) {
		t.Errorf("%+v", codes)
	}
	for _, c := range codes {
		if c.Title == "" || c.Fix == "" {
			t.Errorf("%+v", c)
		}
	}
}
