package validate_test

import (
	"strings"
	"testing"

	"chartlift/validate"
)

// A contained resource is referenced from elsewhere (dom-3) where the narrative
// shows it or links to it; what is to be found under an id must have it
// (https://hl7.org/fhir/R4/narrative.html).
func TestANarrativeReferencesWhatItShows(t *testing.T) {
	t.Parallel()
	const (
		image   = `"contained":[{"resourceType":"Binary","id":"b","contentType":"image/png","data":"aGVsbG8="}]`
		clinic  = `"contained":[{"resourceType":"Organization","id":"b","name":"x"}]`
		photo   = `"photo":[{"id":"b","contentType":"image/png","data":"aGVsbG8="}]`
		nothing = `"active":true`
	)
	v := validate.New(validate.Options{})
	for _, c := range []struct{ name, holds, div, want string }{
		{"an image of a contained Binary", image, `<img src="#b" alt="x"/>`, ""},
		{"a link to a contained Binary", image, `<a href="#b">x</a>`, ""},
		{"a link to another contained resource", clinic, `<a href="#b">x</a>`, ""},
		{"a contained resource that is not shown", image, `<p>x</p>`, "contained-unused"},
		{"an element of the narrative with the same id", image, `<p id="b">x</p><a href="#b">x</a>`, "contained-unused"},
		{"an image of an element", photo, `<img src="#b" alt="x"/>`, ""},
		{"a link to an element", photo, `<a href="#b">x</a>`, ""},
		{"an image that is not there", photo, `<img src="#c" alt="x"/>`, "narrative-unsafe"},
		{"a link that leads nowhere", nothing, `<a href="#b">x</a>`, "narrative-unsafe"},
		{"an image elsewhere", nothing, `<img src="http://example.org/b.png" alt="x"/>`, ""},
		{"an image of its own data", nothing, `<img src="data:image/png;base64,aGVsbG8=" alt="x"/>`, ""},
	} {
		text := `{"resourceType":"Patient","id":"p",` + c.holds + `,"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x` + strings.ReplaceAll(c.div, `"`, `\"`) + `</div>"}}`
		if got := rulesOf(v, text); got != c.want {
			t.Errorf("%s breaks %q, want %q", c.name, got, c.want)
		}
	}
}
