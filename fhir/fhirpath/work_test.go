package fhirpath_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
)

// many returns a Patient with n given names, of which each stands times, and as
// many contacts.
func many(n, times int) string {
	var names, contacts []string
	for i := range n * times {
		names = append(names, fmt.Sprintf(`"n%d"`, i%n))
		contacts = append(contacts, fmt.Sprintf(`{"name":{"text":"%d"}}`, i%n))
	}
	return `{"resourceType":"Patient","name":[{"given":[` + strings.Join(names, ",") + `]}],"contact":[` + strings.Join(contacts, ",") + `]}`
}

// Texts are told apart at once. Other values are compared one by one, which is
// work that has an end.
func TestLargeCollectionsAreComparedInTheTimeThatTheyAreRead(t *testing.T) {
	t.Parallel()
	large := many(20_000, 2)
	for expression, want := range map[string]string{
		"name.given.isDistinct()": "false", "name.given.distinct().count()": "20000", "name.given.select($this & 'x').distinct().count()": "20000", "name.given.distinct().isDistinct()": "true",
	} {
		if got, err := run(t, large, expression); got != want || err != nil {
			t.Errorf("%s = %s, %v; want %s", expression, got, err, want)
		}
	}
	for _, expression := range []string{"name.given.intersect(name.given)", "contact ~ contact"} {
		if got, err := run(t, large, expression); !errors.Is(err, fhirpath.ErrTooDeep) {
			t.Errorf("%s = %s, %v; want an end to it", expression, got, err)
		}
	}
	for expression, want := range map[string]string{ // as long as they are some thousands
		"contact.distinct().count()": "500", "name.given.distinct().count()": "500", "(name.given | contact.name.text).count()": "1000", "name.given.distinct().first()": "n0", "name.given.distinct().last()": "n499",
		"name.given.select(iif($index < 100, 1, $this)).distinct().count()": "501", // a number among the texts
	} {
		if got, err := run(t, many(500, 2), expression); got != want || err != nil {
			t.Errorf("%s = %s, %v; want %s", expression, got, err, want)
		}
	}
}

// https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant
func TestTheExtensionIsKnownWhereOneIsAtHand(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	if err := tree.Parse([]byte(patient)); err != nil {
		t.Fatal(err)
	}
	program, err := fhirpath.Compile("%extension.value = 7 and name.exists()")
	if err != nil {
		t.Fatal(err)
	}
	m := fhirpath.NewMachine(&tree)
	if _, err := m.Test(program, m.Resource); !errors.Is(err, fhirpath.ErrUnsupported) {
		t.Errorf("without an extension: %v", err)
	}
	def, _ := fhir.LookupType("Extension")
	list := tree.Find(0, "extension")
	for node, want := range map[int]fhirpath.Truth{tree.First(list): fhirpath.False, tree.Next(tree.First(list)): fhirpath.True} {
		m.Extension = fhirpath.At(node, def)
		if truth, err := m.Test(program, m.Resource); truth != want || err != nil {
			t.Errorf("node %d: %s, %v", node, truth, err)
		}
	}
}
