package main

import "strings"

// wrongValues are values that the primitive types do not allow, or that look
// so.
func wrongValues(typ string) []string {
	switch typ {
	case "integer", "positiveInt", "unsignedInt":
		return []string{"1.5", "2147483648", "-2147483649", "1e2", "99999999999999999999", "-0", "1.0", "-1", "0"}
	case "decimal":
		return []string{"1E400", "0.00000000000000000000000000001", "1e-5", strings.Repeat("9", 400), "-0"}
	case "date":
		return []string{
			"2020-13-01", "2020-02-30", "2021-02-29", "20200101", "2020-1-1", "01/02/2020", "2020-01-01T00:00:00Z", "2020-00-10", "2020-01-00", "20", "0000", "99999",
			"2020-01-01 ", " 2020-01-01", "2020-04-31", "2020/01/01", "yesterday", "2020-W10", "-2020", "1700-01-01", "2020-1",
		}
	case "dateTime":
		return []string{
			"2020-01-01T10:00:00", "2020-01-01T10:00Z", "2020-01-01T25:00:00Z", "2020-01-01T10:60:00Z", "2020-01-01T10:00:61Z", "2020-01-01 10:00:00Z", "2020-01-01T24:00:00Z",
			"2020-13-01", "2020-02-30", "2020-02-30T10:00:00Z", "2020-01-01T10:00:00+15:00", "2020-01-01T10:00:00+0100", "2020-01-01T10:00:00z", "2020-01-01t10:00:00Z",
			"2020-01-01T10:00:00.Z", "2020-01-01T", "2020-01-01T10", "2020-01T10:00:00Z", "2020-01-01T10:00:00,5Z", "2020-01-01T10:00:60Z", "0000-01-01", "2020-01-01T10:00:00-14:00",
			"2020-01-01T10:00:00.123456789Z", "2020-01-01T10:00:00+14:30", "1 Jan 2020", "2020-01-01T10:00:00 Z",
		}
	case "instant":
		return []string{
			"2020-01-01", "2020", "2020-01-01T10:00:00", "2020-01-01T10:00Z", "2020-02-30T10:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T10:00:00+14:01", "2020-01-01T10:00:00.12345678901Z",
		}
	case "time":
		return []string{"24:00:00", "10:00", "10:60:00", "10:00:00Z", "1:00:00", "10:00:60", "10:00:61", "T10:00:00", "10:00:00.", "10:00:00.000001", "10"}
	case "id":
		return []string{"a b", "a_b", strings.Repeat("a", 65), "a/b", "ä", "a#b", " a", "a@b", "a:b"}
	case "code":
		return []string{" a", "a ", "a  b", "a\tb", "a\u00a0b", "\n"}
	case "uri":
		return []string{"http://exa mple.org", " http://example.org", "http://example.org ", "a b", "http://example.org\n", "urn:oid:1.2.03", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "urn:uuid:123", "urn:oid:", "urn:oid:9.1", "http://", "ä", "1.2.840.1", "x", "urn:"}
	case "url":
		return []string{"http://exa mple.org", "a b", "example", "http://", " http://example.org", "ftp:x", "mailto:a@b"}
	case "canonical":
		return []string{"http://exa mple.org", "a b", "x", "#a", "http://example.org/a|1|2", "http://example.org/a#b"}
	case "oid":
		return []string{"1.2.3", "urn:oid:1.02.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1..2", "urn:oid:", "urn:oid:0.", "urn:oid:2.999999999999999999999"}
	case "uuid":
		return []string{"c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873d-ec9a-4326-a141-556f4323952", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "urn:uuid:g757873d-ec9a-4326-a141-556f43239520"}
	case "base64Binary":
		return []string{"a", "ab", "ab=", "aGVsbG8", "aGVs!bG8=", "aGVs bG8=", "aG Vs", "====", "aGVsbG8==", "a===", "aGVs\nbG8=", "ab=c"}
	case "string", "markdown":
		return []string{"", " ", "\t", "  x", "x  ", "a\u0000b", "a\u0001b", "\u00a0", "\n", "a\rb", "\u200b", "\u007f", "\ufffe", "a\u0085b"}
	}
	return nil
}

// primitiveKinds are mistakes in single values.
func primitiveKinds() []kind {
	var all []kind
	for _, typ := range []string{"date", "dateTime", "instant", "time", "id", "code", "uri", "canonical", "base64Binary", "string", "markdown", "oid", "uuid", "url"} {
		all = append(all, kind{"bad " + typ, at(func(s site) bool { return s.e.Type == typ && isPrimitive(s) }, func(m *mutation, s site) {
			s.replace(textOf(m.one(wrongValues(typ)...)))
		})})
	}
	for _, typ := range []string{"integer", "positiveInt", "unsignedInt", "decimal"} {
		all = append(all, kind{"bad " + typ, at(func(s site) bool { return s.e.Type == typ && isPrimitive(s) }, func(m *mutation, s site) {
			s.replace(plainOf(m.one(wrongValues(typ)...)))
		})})
	}
	return append(all,
		kind{"bad boolean", at(func(s site) bool { return s.e.Type == "boolean" && isPrimitive(s) }, func(m *mutation, s site) {
			s.replace(literalJSON(m.one(`"true"`, `1`, `"yes"`, `0`, `"True"`, `""`)))
		})},
		kind{"empty text", at(func(s site) bool { return isPrimitive(s) && s.v.kind == text }, func(m *mutation, s site) {
			s.replace(textOf(m.one("", " ", "   ")))
		})},
		kind{"resource's id", func(m *mutation) bool {
			m.root.set("id", textOf(m.one(wrongValues("id")...)))
			return true
		}},
		kind{"element's id", at(func(s site) bool { return s.v.kind == object && s.e.Def().Kind != 4 }, func(m *mutation, s site) {
			s.v.set("id", textOf(m.one("a b", " ", "ü", "a_b", strings.Repeat("x", 80), "")))
		})},
	)
}

func literalJSON(s string) *value { return plainOf(s) }
