package clean

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneCleaners tidy what FHIR calls contact points. What they do not
// understand they keep, because FHIR takes any text there.
var phoneCleaners = []Cleaner{
	{
		Name: "email", In: []Type{Any}, Out: "string", Issues: []string{"bad-email"},
		Doc:     "Drops mailto: and angle brackets and writes the domain in small letters. What is no e-mail address is kept, with a warning.",
		Compile: with(email),
		Examples: []Example{
			{Pipe: "email", In: "Ana <Ana.Diaz@Example.ORG>", Out: "Ana.Diaz@example.org"},
			{Pipe: "email", In: "mailto:ana@example.org", Out: "ana@example.org"},
			{Pipe: "email", In: "ana at example", Out: "ana at example", Issue: "bad-email"},
		},
	},
	{
		Name: "phone", In: []Type{Any}, Out: "string", Issues: []string{"bad-phone"},
		Doc: "Writes a telephone number in the form E.164, +12025550123, with ext. where there is one. A number without country code is one of REGION (US, GB …). " +
			"What is no possible number is kept, with a warning.",
		Params:  []Param{{Name: "REGION", Kind: Word}},
		Compile: compilePhone,
		Examples: []Example{
			{Pipe: "phone US", In: "(202) 555-0123", Out: "+12025550123"},
			{Pipe: "phone US", In: "202.555.0123 x45", Out: "+12025550123 ext. 45"},
			{Pipe: "phone GB", In: "020 7946 0958", Out: "+442079460958"},
			{Pipe: "phone US", In: "555-0123", Out: "555-0123", Issue: "bad-phone"},
			{Pipe: "phone US", In: "call mother", Out: "call mother", Issue: "bad-phone"},
		},
	},
}

func compilePhone(args []Arg, _ Settings) (Func, error) {
	region := strings.ToUpper(args[0].Text)
	if !phonenumbers.GetSupportedRegions()[region] {
		return nil, fmt.Errorf("%q is not a region; give two letters such as US", args[0].Text)
	}
	parse := func(s string) string { return parsePhone(s, region) }
	// A parse takes about 20 µs, and families share their numbers.
	numbers := &cache[string]{}
	return unary(func(s string) (Value, *Problem) {
		n := numbers.get(s, parse)
		if n == "" {
			return warn(s, "bad-phone", "the text is not a possible telephone number of %s; correct the source, or give the right region", region)
		}
		return Of(n), nil
	}), nil
}

// parsePhone returns nothing for a text that is no number. It asks for a
// possible length only. Whether a number is given out changes every month, and
// test data has none that is.
func parsePhone(s, region string) string {
	n, err := phonenumbers.Parse(s, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return ""
	}
	text := phonenumbers.Format(n, phonenumbers.E164)
	// What the library would read otherwise the next time is not trusted:
	// letters and zeros in odd places.
	if again, err := phonenumbers.Parse(text, region); err != nil || phonenumbers.Format(again, phonenumbers.E164) != text {
		return ""
	}
	if ext := n.GetExtension(); ext != "" {
		text += " ext. " + ext // ITU-T E.123, which FHIR recommends
	}
	return same(s, []byte(text))
}

// email leaves the part before the @ as it is: RFC 5321 2.4 makes its case
// matter.
func email(s string) (Value, *Problem) {
	address := s
	if open, shut := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>'); open >= 0 && shut > open {
		address = s[open+1 : shut]
	}
	if len(address) > len("mailto:") && strings.EqualFold(address[:len("mailto:")], "mailto:") {
		address = address[len("mailto:"):]
	}
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 1 || !isDomain(address[at+1:]) || strings.ContainsAny(address, " \t\r\n,;<>\"()") || !isDotAtom(address[:at]) {
		return warn(s, "bad-email", "the text is not an e-mail address and is kept as it is; correct the source")
	}
	return of(same(s, []byte(address[:at]+strings.ToLower(address[at:]))))
}

// isDotAtom tells whether the part before the @ is words between dots (RFC 5322
// 3.2.3).
func isDotAtom(s string) bool {
	return !strings.Contains(s, "@") && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".") && !strings.Contains(s, "..")
}

// isDomain tells whether s is two or more labels between dots.
func isDomain(s string) bool {
	labels := 0
	for label := range strings.SplitSeq(s, ".") {
		labels++
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsAny(label, "@_!#$%&'*/=?^`{|}~") {
			return false
		}
	}
	return labels > 1 && len(s) <= 255
}
