package fhir_test

import (
	"fmt"

	"chartlift/fhir"
)

func ExampleCanonical() {
	text, err := fhir.Canonical([]byte(`{ "name": [{ "given": ["Ana"], "family": "Lee" }], "id": "1", "resourceType": "Patient" }`))
	fmt.Println(string(text), err)
	// Output: {"resourceType":"Patient","id":"1","name":[{"family":"Lee","given":["Ana"]}]} <nil>
}

func ExampleTypeDef_Element() {
	observation, _ := fhir.LookupType("Observation")
	value, _, _ := observation.Element("valueQuantity")
	fmt.Println(value.Choice, value.Type, value.Max)
	// Output: value Quantity 1
}

func ExampleTree() {
	var t fhir.Tree
	if err := t.Parse([]byte(`{"id":"1","active":true}`)); err != nil {
		fmt.Println(err)
	}
	for c := t.First(0); c != 0; c = t.Next(c) {
		fmt.Println(t.Key(c), t.Text(c))
	}
	// Output:
	// id 1
	// active true
}
