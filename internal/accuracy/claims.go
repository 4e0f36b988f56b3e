package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// bill has what Claim and ExplanationOfBenefit add to a resource.
type bill struct {
	Use            string    `json:"use"`
	Created        string    `json:"created"`
	Outcome        string    `json:"outcome"`
	BillablePeriod period    `json:"billablePeriod"`
	Provider       reference `json:"provider"`
	Claim          reference `json:"claim"`
	Insurance      []struct {
		Coverage struct {
			Display string `json:"display"`
		} `json:"coverage"`
	} `json:"insurance"`
	Diagnosis []struct {
		Reference reference `json:"diagnosisReference"`
		Concept   concept   `json:"diagnosisCodeableConcept"`
	} `json:"diagnosis"`
	Item []struct {
		Service concept `json:"productOrService"`
		Net     money   `json:"net"`
	} `json:"item"`
	Total totals `json:"total"`
}

type money struct {
	Value json.Number `json:"value"`
}

// totals is Claim.total, one amount, or ExplanationOfBenefit.total, amounts by
// category. A category without code is "".
type totals map[string]json.Number

// UnmarshalJSON takes an amount or a list of amounts with their categories.
func (t *totals) UnmarshalJSON(text []byte) error {
	*t = totals{}
	if text[0] != '[' {
		return nil
	}
	var all []struct {
		Category concept `json:"category"`
		Amount   money   `json:"amount"`
	}
	err := json.Unmarshal(text, &all)
	for _, a := range all {
		(*t)[a.Category.code()] = a.Amount.Value
	}
	return err
}

func (t totals) of(category string) string { return t[category].String() }

// cents writes an amount with two digits behind the point, "" where there is
// none.
func (t totals) cents(category string) string {
	a, ok := new(big.Rat).SetString(t.of(category))
	if !ok {
		return ""
	}
	return a.FloatString(2)
}

// claimFields compares what a bill says. Its items are compared as CODE=NET.
func claimFields() []field {
	return with(billFields(),
		text("start", func(r *resource) string { return r.BillablePeriod.Start }),
		text("end", func(r *resource) string { return r.BillablePeriod.End }),
		text("organization", func(r *resource) string { return id(r.Provider.Reference) }),
		field{"diagnoses", diagnoses},
		list("charges", func(r *resource) []string {
			var out []string
			for _, i := range r.Item {
				out = append(out, i.Service.code()+"="+i.Net.Value.String())
			}
			return out
		}))
}

func benefitFields() []field {
	return with(billFields(),
		text("outcome", func(r *resource) string { return r.Outcome }),
		text("claim", func(r *resource) string { return id(r.Claim.Reference) }),
		field{"practitioner", func(s *side, r *resource) []string { return []string{s.practitioner(r.Provider.Reference)} }},
		text("submitted", func(r *resource) string { return r.Total.of("submitted") }))
}

// billFields compares what Claim and ExplanationOfBenefit have in common.
func billFields() []field {
	return []field{
		status(),
		text("use", func(r *resource) string { return r.Use }),
		text("claim type", func(r *resource) string {
			if len(r.Kind.Concepts) == 0 {
				return ""
			}
			return r.Kind.Concepts[0].code()
		}),
		subject(),
		text("created", func(r *resource) string { return r.Created }),
		list("payer", func(r *resource) []string {
			var out []string
			for _, i := range r.Insurance {
				out = append(out, i.Coverage.Display)
			}
			return out
		}),
	}
}

// diagnoses returns the codes: written out, or of the Conditions that are
// referred to.
func diagnoses(s *side, r *resource) []string {
	var out []string
	for _, d := range r.Diagnosis {
		out = append(out, d.Concept.code())
		if c := s.byReference[d.Reference.Reference]; c != nil {
			out = append(out, c.Code.code())
		}
	}
	return distinct(out)
}

func byClaim(_ *side, r *resource) string { return id(r.Claim.Reference) }

// onlyBilled takes out the benefits of claims without a row in
// claims_transactions.csv, which the set has cut short.
func (s *side) onlyBilled(bills map[string]*sums) {
	const typ = "ExplanationOfBenefit"
	s.of[typ] = slices.DeleteFunc(s.of[typ], func(r *resource) bool { return bills[id(r.Claim.Reference)] == nil })
}

// charged reports whether every charge of the CSV is an item of the truth, of
// the same price if that has one. Both are lists of CODE=NET.
func charged(want, got []string) bool {
	if len(got) == 0 {
		return false
	}
	for _, g := range got {
		code, _, _ := strings.Cut(g, "=")
		at := slices.IndexFunc(want, func(w string) bool {
			return w == code+"=" || same(w, g) || strings.HasPrefix(w, code+"=") && same(code+"=0", g)
		})
		if at < 0 {
			return false
		}
	}
	return true
}

// sums are the money of a claim, by what became of it.
type sums struct{ submitted, benefit, patient big.Rat }

// readBills sums the charges and payments of claims_transactions.csv, by claim.
func readBills(path string) (map[string]*sums, error) {
	out := map[string]*sums{}
	return out, readTable(path, func(cell func(string) string) error {
		b := out[cell("CLAIMID")]
		if b == nil {
			b = new(sums)
			out[cell("CLAIMID")] = b
		}
		switch {
		case cell("TYPE") == "CHARGE":
			return addTo(&b.submitted, cell("AMOUNT"))
		case cell("TYPE") == "PAYMENT" && cell("METHOD") == "ECHECK":
			return addTo(&b.benefit, cell("PAYMENTS"))
		case cell("TYPE") == "PAYMENT":
			return addTo(&b.patient, cell("PAYMENTS"))
		}
		return nil
	})
}

func addTo(sum *big.Rat, amount string) error {
	a, ok := new(big.Rat).SetString(amount)
	if !ok {
		return fmt.Errorf("%q is no amount", amount)
	}
	sum.Add(sum, a)
	return nil
}

// compareBills compares the totals of every claim with the sums of the CSV, to
// the cent; made has them by claim.
func compareBills(bills map[string]*sums, made map[string]totals) tally {
	t := tally{typ: "ExplanationOfBenefit", field: "totals, to the cent as in the CSV (all patients)"}
	for claim, b := range bills {
		want := fmt.Sprint(b.submitted.FloatString(2), " ", b.benefit.FloatString(2), " ", b.patient.FloatString(2))
		got := fmt.Sprint(made[claim].cents("submitted"), " ", made[claim].cents("benefit"), " ", made[claim].cents(""))
		if t.comparable++; want == got {
			t.equal++
		} else if len(t.examples) < 3 {
			t.examples = append(t.examples, want+" became "+got)
		}
	}
	return t
}
