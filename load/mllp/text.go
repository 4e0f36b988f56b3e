package mllp

import (
	"fmt"
	"strings"
)

// escape writes text so that no character of it is taken for a separator (HL7
// v2.5.1 section 2.7). Ends of lines become \.br\, other control characters
// hexadecimal: two of them would end the frame.
func escape(text string) string {
	if !strings.ContainsFunc(text, special) {
		return text
	}
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case r == '|':
			b.WriteString(`\F\`)
		case r == '^':
			b.WriteString(`\S\`)
		case r == '&':
			b.WriteString(`\T\`)
		case r == '~':
			b.WriteString(`\R\`)
		case r == '\\':
			b.WriteString(`\E\`)
		case r == '\n' && i > 0 && runes[i-1] == '\r': // written with the carriage return
		case r == '\n' || r == '\r':
			b.WriteString(`\.br\`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\X%02X\`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func special(r rune) bool { return r < 0x20 || r == 0x7f || strings.ContainsRune(`|^&~\`, r) }

// components joins the parts of a value, each escaped, without empty ones at
// the end.
func components(parts ...string) string { return parted("^", parts) }

// subcomponents does so one level deeper. What it returns is whole: it must not
// be escaped again.
func subcomponents(parts ...string) string { return parted("&", parts) }

func parted(by string, parts []string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = escape(p)
	}
	return strings.TrimRight(strings.Join(out, by), by)
}

// repeated joins the repetitions of a field, without empty ones.
func repeated(values []string) string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return strings.Join(out, "~")
}

// field is a field of a segment by its number in the standard. Its text is
// encoded already.
type field struct {
	at   int
	text string
}

// segment writes a segment; fields that are not given are empty.
func segment(name string, fields ...field) string {
	last := 0
	for _, f := range fields {
		if f.text != "" {
			last = max(last, f.at)
		}
	}
	parts := make([]string, last+1)
	parts[0] = name
	for _, f := range fields {
		if f.text != "" {
			parts[f.at] = f.text
		}
	}
	return strings.Join(parts, "|")
}

// timestamp writes a FHIR date, dateTime or instant as TS (section 2.A.77) in
// the precision that it has, "" for what is none.
func timestamp(t string) string {
	day, clock, timed := strings.Cut(t, "T")
	day = strings.ReplaceAll(day, "-", "")
	if !digits(day) || len(day) > 8 {
		return ""
	}
	if !timed {
		return day
	}
	zone := ""
	if rest, utc := strings.CutSuffix(clock, "Z"); utc {
		clock, zone = rest, "+0000"
	} else if at := strings.LastIndexAny(clock, "+-"); at > 0 {
		clock, zone = clock[:at], strings.ReplaceAll(clock[at:], ":", "")
	}
	clock = strings.ReplaceAll(clock, ":", "")
	whole, fraction, _ := strings.Cut(clock, ".")
	if !digits(whole) || fraction != "" && !digits(fraction) || zone != "" && !digits(zone[1:]) {
		return ""
	}
	if fraction != "" {
		whole += "." + fraction[:min(4, len(fraction))] // TS has four digits of a second
	}
	return day + whole + zone
}

// clock writes a FHIR time as TM, "" for what is none.
func clock(t string) string {
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(t, ":", ""), ".")
	if !digits(whole) || len(whole) > 6 || fraction != "" && !digits(fraction) {
		return ""
	}
	if fraction != "" {
		whole += "." + fraction[:min(4, len(fraction))]
	}
	return whole
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
