package main

import "strings"

// inBundle wraps the resource into a bundle: BODY stands for it, ID for its
// Type/id.
func inBundle(texts ...string) func(*mutation) bool {
	return func(m *mutation) bool {
		id := m.root.getText("id")
		if id == "" || m.def.Name == "Bundle" {
			return false
		}
		bundle, err := parse([]byte(fillBundle(m.one(texts...), m.root.String(), m.def.Name+"/"+id)))
		if err != nil {
			return false
		}
		m.root = bundle
		return true
	}
}

// bundleKinds are mistakes in bundles.
func bundleKinds() []kind {
	const uuid = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
	return []kind{
		{"bundle that is sound", inBundle(
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"`+uuid+`","resource":BODY,"request":{"method":"POST","url":"TYPE"}}]}`,
			`{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY,"search":{"mode":"match"}}]}`)},
		{"bundle's type", inBundle(
			`{"resourceType":"Bundle","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collections","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`)},
		{"bundle's fullUrl", inBundle(
			`{"resourceType":"Bundle","type":"collection","entry":[{"resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/TYPE/other","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/ID/_history/1","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY},{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:X","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/Basic/1","resource":BODY}]}`)},
		{"bundle's request", inBundle(
			`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"`+uuid+`","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"`+uuid+`","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"`+uuid+`","resource":BODY,"request":{"method":"POST","url":"TYPE"}}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"`+uuid+`","resource":BODY,"request":{"method":"SEND","url":"TYPE"}}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"`+uuid+`","resource":BODY,"request":{"method":"POST"}}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"`+uuid+`","resource":BODY,"request":{"url":"TYPE"}}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"ID"}}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"TYPE"}}]}`,
			`{"resourceType":"Bundle","type":"transaction-response","entry":[{"resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201"}}]}`,
			`{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{}}]}`)},
		{"bundle's search or total", inBundle(
			`{"resourceType":"Bundle","type":"collection","total":1,"entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"`+uuid+`","resource":BODY,"search":{"mode":"match"},"request":{"method":"POST","url":"TYPE"}}]}`,
			`{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY,"search":{"mode":"best"}}]}`,
			`{"resourceType":"Bundle","type":"history","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"history","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY,"request":{"method":"POST","url":"TYPE"},"response":{"status":"200"}}]}`)},
		{"bundle's entries", inBundle(
			`{"resourceType":"Bundle","type":"collection","entry":[{}]}`, `{"resourceType":"Bundle","type":"collection","entry":[]}`, `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{}}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/ID"}]}`, `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Foo"}}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY},{"fullUrl":"http://example.org/fhir/Patient/b","resource":{"resourceType":"Patient","id":"b","gender":"x"}}]}`,
			`{"resourceType":"Bundle","type":"collection","link":[{"relation":"self"}],"entry":[{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/ID","link":[{"relation":"x","url":"y"}],"resource":BODY}]}`)},
		{"bundle's references", inBundle(
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"`+uuid+`","resource":{"resourceType":"Patient","active":true}},{"fullUrl":"http://example.org/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"`+uuid+`"}}}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"`+uuid+`","resource":{"resourceType":"Organization","name":"x"}},{"fullUrl":"http://example.org/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"`+uuid+`"}}}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"`+uuid+`"}}}]}`,
			`{"resourceType":"Bundle","type":"document","timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},"entry":[{"fullUrl":"http://example.org/fhir/Composition/c","resource":{"resourceType":"Composition","id":"c","status":"final","type":{"text":"x"},"date":"2020","author":[{"reference":"Practitioner/none"}],"title":"x"}},{"fullUrl":"http://example.org/fhir/ID","resource":BODY}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/Patient/p","resource":{"resourceType":"Patient","id":"p"}},{"fullUrl":"http://example.org/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/p"}}}]}`,
			`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://example.org/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/gone"}}}]}`)},
	}
}

// fillBundle puts the resource and its id into a text.
func fillBundle(text, body, id string) string {
	typ, _, _ := strings.Cut(id, "/")
	return strings.NewReplacer("BODY", body, "ID", id, "TYPE", typ).Replace(text)
}
