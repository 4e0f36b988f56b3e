package fhirpath

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"strings"

	"chartlift/fhir"
)

// encodingFunctions write a text in another way and back. They came after N1
// (http://hl7.org/fhirpath, 5.6, for trial use); guides use them.
func encodingFunctions() []function {
	return []function{coded("encode", encode), coded("decode", decode), coded("escape", escapeFor), coded("unescape", unescapeFrom)}
}

func encode(s, way string) (string, bool) {
	switch way {
	case "hex":
		return hex.EncodeToString([]byte(s)), true
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(s)), true
	case "urlbase64":
		return base64.URLEncoding.EncodeToString([]byte(s)), true
	}
	return "", false
}

func decode(s, way string) (string, bool) {
	var raw []byte
	var err error
	switch way {
	case "hex":
		raw, err = hex.DecodeString(s)
	case "base64":
		raw, err = base64.StdEncoding.DecodeString(s)
	case "urlbase64":
		raw, err = base64.URLEncoding.DecodeString(s)
	default:
		return "", false
	}
	return string(raw), err == nil
}

func escapeFor(s, way string) (string, bool) {
	switch way {
	case "html":
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s), true
	case "json":
		quoted := fhir.AppendString(nil, s)
		return string(quoted[1 : len(quoted)-1]), true
	}
	return "", false
}

func unescapeFrom(s, way string) (string, bool) {
	switch way {
	case "html":
		return html.UnescapeString(s), true
	case "json":
		var plain string
		bare := strings.NewReplacer(`\\`, `\\`, `\"`, `\"`, `"`, `\"`).Replace(s) // a quote that is not escaped stands for itself
		err := json.Unmarshal([]byte(`"`+bare+`"`), &plain)
		return plain, err == nil
	}
	return "", false
}

// coded makes a function of a text and the name of a way to write it; an
// unknown way, or a text that is not written in it, gives nothing.
func coded(name string, run func(s, way string) (string, bool)) function {
	return onText(name, func(m *Machine, s, way string) span {
		out, ok := run(s, way)
		if !ok {
			return nothing(m)
		}
		return m.say(out)
	})
}
