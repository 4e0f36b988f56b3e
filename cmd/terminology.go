package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"chartlift/internal/issue"
	"chartlift/load/fhirserver"
	"chartlift/mappings"
	"chartlift/reports"
)

// A terminology server is asked between runs, never within one: what it says
// goes into the list of unmapped codes and into the findings of check, where
// people see it. So a run gives the same bytes whether a server is there or
// not.

// terminologyOptions are the flags of commands that may ask a terminology
// server.
type terminologyOptions struct {
	address  string
	insecure []string
}

func (o *terminologyOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.address, "terminology", "", "address of a FHIR terminology server to ask about codes (its token: CHARTLIFT_TERMINOLOGY_TOKEN)")
	f.StringSliceVar(&o.insecure, "insecure", nil, "hosts that may be spoken to without TLS")
}

// maxAnswers bounds what is remembered of a server; systems in use have
// thousands of codes.
const maxAnswers = 200_000

// terminology asks a server and remembers its answers in the project.
type terminology struct {
	client  *fhirserver.Client
	address string
	path    string
	answers map[string]answer
	asked   int
	silent  error // why the server is not asked any more
}

// answer is what a server said of a code.
type answer struct {
	Unknown bool                     `json:"-"` // the server cannot tell
	Valid   bool                     `json:"valid,omitempty"`
	Targets []fhirserver.Translation `json:"targets,omitempty"`
}

// openTerminology connects to the server and reads what it said before.
func openTerminology(ctx context.Context, s *settings, o terminologyOptions) (*terminology, error) {
	options := fhirserver.Options{
		Base: o.address, Insecure: o.insecure, UserAgent: "chartlift/" + version,
		RequestTimeout: 20 * time.Second, GiveUpAfter: 30 * time.Second, MaxAnswer: 4 << 20,
	}
	if token := os.Getenv("CHARTLIFT_TERMINOLOGY_TOKEN"); token != "" {
		options.Token = fhirserver.StaticToken(token)
	}
	client, err := fhirserver.Connect(ctx, options)
	if err != nil {
		return nil, err
	}
	dir, err := s.folder()
	if err != nil {
		return nil, err
	}
	t := &terminology{client: client, address: o.address, path: filepath.Join(dir, "terminology.json"), answers: map[string]answer{}}
	text, err := os.ReadFile(t.path)
	if err == nil && json.Unmarshal(text, &t.answers) != nil {
		t.answers = map[string]answer{} // what is remembered is only a convenience
	}
	return t, nil
}

// ask returns the answer to a question, from memory where it was asked before.
func (t *terminology) ask(operation, system, code string, question func() (answer, error)) answer {
	key, _ := json.Marshal([]string{t.address, operation, system, code})
	if known, ok := t.answers[string(key)]; ok {
		return known
	}
	if t.silent != nil {
		return answer{Unknown: true}
	}
	a, err := question()
	switch {
	case errors.Is(err, fhirserver.ErrNotChecked):
		return answer{Unknown: true} // it may have the system tomorrow
	case err != nil:
		t.silent = err // a server that is gone is not asked for each of ten thousand codes
		return answer{Unknown: true}
	}
	if t.asked++; len(t.answers) < maxAnswers {
		t.answers[string(key)] = a
	}
	return a
}

func (t *terminology) validate(ctx context.Context, system, code string) answer {
	return t.ask("validate-code", system, code, func() (answer, error) {
		valid, err := t.client.ValidateCode(ctx, system, code)
		return answer{Valid: valid}, err
	})
}

func (t *terminology) translate(ctx context.Context, system, code string) answer {
	return t.ask("translate", system, code, func() (answer, error) {
		targets, err := t.client.Translate(ctx, system, code)
		return answer{Targets: targets}, err
	})
}

// Close writes down what the server said.
func (t *terminology) Close() error {
	if t.asked == 0 {
		return nil
	}
	text, err := json.Marshal(t.answers)
	if err != nil {
		return fmt.Errorf("remember answers: %w", err)
	}
	if err := os.WriteFile(t.path, text, 0o600); err != nil {
		return fmt.Errorf("remember answers: %w", err)
	}
	return nil
}

// checkCodes asks about every code that the mapping's crosswalks lead to.
func (t *terminology) checkCodes(ctx context.Context, prog *mappings.Program) ([]issue.Issue, error) {
	var findings []issue.Issue
	for _, walk := range prog.Crosswalks {
		targets := map[mappings.Target]bool{}
		for _, target := range walk.Target {
			targets[mappings.Target{System: target.System, Code: target.Code}] = true
		}
		wrong, unknown := t.checkTargets(ctx, targets)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("ask the terminology server: %w", ctx.Err())
		}
		for _, code := range wrong {
			findings = append(findings, issue.Issue{
				Severity: issue.Warning, Code: "code-unknown", Type: "code-invalid", At: walk.Pos,
				Message: "the crosswalk " + strconv.Quote(walk.Name) + " leads to " + strconv.Quote(code.Code) + ", which the terminology server does not find in " + code.System,
			})
		}
		if unknown > 0 {
			findings = append(findings, issue.Issue{
				Severity: issue.Information, Code: "codes-not-checked", Type: "informational", At: walk.Pos,
				Message: strconv.Itoa(unknown) + " codes of the crosswalk " + strconv.Quote(walk.Name) + " were not checked: " + t.why(),
			})
		}
	}
	return findings, nil
}

func (t *terminology) why() string {
	if t.silent != nil {
		return t.silent.Error()
	}
	return "they name no system, or the terminology server does not have it"
}

func (t *terminology) checkTargets(ctx context.Context, targets map[mappings.Target]bool) (wrong []mappings.Target, unknown int) {
	for target := range targets {
		if target.System == "" {
			unknown++
			continue
		}
		switch a := t.validate(ctx, target.System, target.Code); {
		case a.Unknown:
			unknown++
		case !a.Valid:
			wrong = append(wrong, target)
		}
	}
	slices.SortFunc(wrong, func(a, b mappings.Target) int {
		return cmp.Or(cmp.Compare(a.System, b.System), cmp.Compare(a.Code, b.Code))
	})
	return wrong, unknown
}

// fill writes into a list of unmapped codes what the server offers: one target
// that it calls equal or equivalent. Where it offers several, or vaguer ones,
// people decide.
func (t *terminology) fill(ctx context.Context, table *reports.Table) (filled int) {
	at := map[string]int{}
	for i, c := range table.Columns {
		at[c.Name] = i
	}
	for _, row := range table.Rows {
		if row[at["system"]] == "" || row[at["target"]] != "" {
			continue
		}
		target, ok := certain(t.translate(ctx, row[at["system"]], row[at["code"]]).Targets)
		if !ok {
			continue
		}
		row[at["target"]], row[at["target_display"]], row[at["target_system"]] = target.Code, target.Display, target.System
		filled++
	}
	return filled
}

func certain(targets []fhirserver.Translation) (found fhirserver.Translation, ok bool) {
	for _, target := range targets {
		if target.Equivalence != "equal" && target.Equivalence != "equivalent" {
			continue
		}
		if ok && (target.Code != found.Code || target.System != found.System) {
			return found, false
		}
		found, ok = target, true
	}
	return found, ok
}
