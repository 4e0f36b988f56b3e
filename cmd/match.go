package cmd

import (
	"context"
	"slices"

	"github.com/spf13/pflag"

	"chartlift/internal/pipeline"
	"chartlift/mappings"
)

// matchOptions are the flags of run that steer the matching of people; "" is
// what the mapping says.
type matchOptions struct{ match, autoMerge, policy, linkMode string }

func (o *matchOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.match, "match", "", "find records of one person, and put them together: patients, or off; as the mapping's match says if not given")
	f.Lookup("match").NoOptDefVal = "patients"
	f.StringVar(&o.autoMerge, "auto-merge", "", "the least grade that is put together without a person having looked: certain or probable")
	f.StringVar(&o.policy, "policy", "", "how people are matched: weights, learned from the data, or cms, exact combinations of fields only")
	f.StringVar(&o.linkMode, "link-mode", "", "what becomes of records of one person: links (replaced ones stay, inactive), seealso (all stay) or single (one is left)")
}

func (o *matchOptions) check() error {
	for _, f := range []struct {
		name, value string
		known       []string
	}{
		{"match", o.match, []string{"patients", "off"}},
		{"auto-merge", o.autoMerge, []string{mappings.MergeCertain, mappings.MergeProbable}},
		{"policy", o.policy, []string{mappings.ByWeights, mappings.ByCMS}},
		{"link-mode", o.linkMode, []string{mappings.LinkReplaces, mappings.LinkSeeAlso, mappings.LinkSingle}},
	} {
		if f.value != "" && !slices.Contains(f.known, f.value) {
			return usage("--%s %s is not known; use %s", f.name, f.value, oneOf(f.known))
		}
	}
	return nil
}

// rules returns how people are matched; nil where nobody asks for it.
func (o *matchOptions) rules(prog *mappings.Program) *mappings.Match {
	if o.match == "off" || o.match == "" && prog.Match == nil {
		return nil
	}
	rules := *mappings.DefaultMatch()
	if prog.Match != nil {
		rules = *prog.Match
	}
	for _, f := range []struct {
		value string
		into  *string
	}{{o.autoMerge, &rules.Merge}, {o.policy, &rules.Policy}, {o.linkMode, &rules.Links}} {
		if f.value != "" {
			*f.into = f.value
		}
	}
	return &rules
}

// asked refuses flags that steer what nobody asks for.
func (o *matchOptions) asked(prog *mappings.Program) error {
	if o.rules(prog) == nil && o.autoMerge+o.policy+o.linkMode != "" {
		return usage("--auto-merge, --policy and --link-mode steer the matching of people, which is off: give --match, or write match: patients in the mapping")
	}
	return nil
}

// matching returns what the pipeline needs to match people, nil where it does
// not.
func (m *migration) matching(ctx context.Context, o runOptions) (*pipeline.Match, error) {
	rules := o.rules(m.prog)
	if rules == nil {
		return nil, nil
	}
	out := &pipeline.Match{Rules: rules, Tool: "chartlift " + version}
	var err error
	if out.Decisions, err = m.db.Decisions(ctx); err != nil {
		return nil, err
	}
	out.Earlier, err = m.db.EarlierMatching(ctx, m.prog.ID, m.prog.Site)
	return out, err
}
