package validate_test

import (
	"fmt"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate"
)

func ExampleValidator_Check() {
	v := validate.New(validate.Options{})
	r := fhir.Resource{Type: "Patient", ID: "1", JSON: []byte(`{"resourceType":"Patient","id":"1","birthDate":"1980-02-30"}`)}
	ok := v.Check(r, issue.Origin{Source: "patients.csv", Row: 4}, func(i issue.Issue) {
		fmt.Println(i.Origin, i.Code, i.Expression)
	})
	fmt.Println(ok)
	// Output:
	// patients.csv row 4 primitive-format Patient.birthDate
	// false
}
