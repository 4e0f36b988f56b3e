package clean_test

import (
	"encoding/json"
	"sync"
	"testing"

	"chartlift/transform/clean"
)

func TestZIPCodesGetTheirZerosBack(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "zip", in: "02108", want: "02108"},
		{pipe: "zip", in: "501", want: "00501"},
		{pipe: "zip", in: "2108.0", want: "02108"},
		{pipe: "zip", in: "20722571", want: "02072-2571"},
		{pipe: "zip", in: "6011234", want: "00601-1234"},
		{pipe: "zip", in: "2072-2571", want: "02072-2571"},
		{pipe: "zip", in: "02108-", want: "02108"},
		{pipe: "zip", in: "12", want: "12", code: "bad-zip"},
		{pipe: "zip", in: "00000", want: "00000", code: "bad-zip"},
		{pipe: "zip", in: "021081", want: "021081", code: "bad-zip"},
		{pipe: "zip", in: "02108-12", want: "02108-12", code: "bad-zip"},
		{pipe: "zip", in: "0210812345", want: "0210812345", code: "bad-zip"},
		{pipe: "zip", in: "02108-1234-5", want: "02108-1234-5", code: "bad-zip"},
	})
}

func TestStatesAndCountriesGetTheirCodes(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "us_state", in: "MASSACHUSETTS", want: "MA"},
		{pipe: "us_state", in: "N.Y.", want: "NY"},
		{pipe: "us_state", in: "new  york", want: "NY"},
		{pipe: "us_state", in: "District of Columbia", want: "DC"},
		{pipe: "us_state", in: "Puerto Rico", want: "PR"},
		{pipe: "us_state", in: "XX", want: "XX", code: "unknown-state"},
		{pipe: "country", in: "USA", want: "US"},
		{pipe: "country", in: "U.S.A.", want: "US"},
		{pipe: "country", in: "us", want: "US"},
		{pipe: "country", in: "The Netherlands", want: "NL"},
		{pipe: "country", in: "St. Lucia", want: "LC"},
		{pipe: "country", in: "Saint Lucia", want: "LC"},
		{pipe: "country", in: "Trinidad and Tobago", want: "TT"},
		{pipe: "country", in: "Trinidad & Tobago", want: "TT"},
		{pipe: "country", in: "São Tomé & Príncipe", want: "ST"},
		{pipe: "country", in: "Korea, Republic of", want: "KR"},
		{pipe: "country", in: "DEU", want: "DE"},
		{pipe: "country", in: "ZZ", want: "ZZ", code: "unknown-country"},
		{pipe: "country", in: "N/A", want: "N/A", code: "unknown-country"},
		{pipe: "country", in: "NA", want: "NA"},                                // Namibia's code, whatever was meant
		{pipe: "country", in: "Congo", want: "Congo", code: "unknown-country"}, // there are two
		{pipe: "country", in: "DR Congo", want: "CD"},
		{pipe: "country", in: "Republic of the Congo", want: "CG"},
	})
}

func TestAddressLinesAreDivided(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "address_lines 1", in: "12 Elm St\nApt 4", want: "12 Elm St"},
		{pipe: "address_lines 2", in: "12 Elm St~Apt  4, ~~Boston", want: "Apt 4"},
		{pipe: "address_lines 3", in: "12 Elm St~Apt 4~~Boston", want: "Boston"},
		{pipe: "address_lines", in: "Smith &amp; Sons<br/>PO Box 1", want: "Smith & Sons, PO Box 1"},
		{pipe: "address_lines", in: "12 Elm St", want: "12 Elm St"},
		{pipe: "address_lines", in: " \n|~", want: null},
	})
	refuses(t, "address_lines 0", "address_lines: lines are counted from 1")
}

func TestGendersAndLanguagesAreNotGuessed(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"M": "male", "m": "male", "MALE": "male", "Woman": "female", "O": "other", "X": "other", "U": "unknown", "unk": "unknown", "A": "other",
		"1": null, "2": null, "0": null, "mf": null, "Mann": null, "not known at this time of day": null,
	} {
		out, problem := compile(t, "gender")(clean.Of(in), nil)
		if result(out) != want || (want == null) != (codeOf(problem) == "unmapped-value") {
			t.Errorf("gender of %q gives %s, %q", in, result(out), codeOf(problem))
		}
	}
	for in, want := range map[string]string{
		"en": "en", "EN": "en", "en-us": "en-US", "en_US": "en-US", "eng": "en", "fra": "fr", "ger": "de", "Spanish": "es", "ESPAÑOL": "es",
		"zh-Hans-CN": "zh-Hans-CN", "Haitian Creole": "ht", "cmn": "cmn", "und": null, "unknown": null, "xx": null, "n/a": null, "other": null, "e": null,
		"UNK": null, "unk": null, "NA": null, "N.A.": null, "DEC": null, "ANY": null, "NON": null, "TBD": null, "REF": null, "declined": null,
		"American Sign Language": "ase",
	} {
		out, problem := compile(t, "language")(clean.Of(in), nil)
		if result(out) != want || (want == null) != (codeOf(problem) == "unmapped-value") {
			t.Errorf("language of %q gives %s, %q, want %s", in, result(out), codeOf(problem), want)
		}
	}
}

func TestNamesFollowTheirFormat(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "human_name", in: "DOE, JANE", want: `{"family":"DOE","given":["JANE"]}`},
		{pipe: "human_name", in: "DOE,JANE Q.", want: `{"family":"DOE","given":["JANE","Q."]}`},
		{pipe: "human_name", in: "DE LA CRUZ, MARIA DEL CARMEN", want: `{"family":"DE LA CRUZ","given":["MARIA","DEL","CARMEN"]}`},
		{pipe: "human_name", in: "Smith III, John", want: `{"family":"Smith","given":["John"],"suffix":["III"]}`},
		{pipe: "human_name", in: "Smith, John Jr.", want: `{"family":"Smith","given":["John"],"suffix":["Jr."]}`},
		{pipe: "human_name 'LAST^FIRST^MIDDLE^SUFFIX^PREFIX'", in: "Doe^Jane^Q^MD^Dr", want: `{"family":"Doe","given":["Jane","Q"],"prefix":["Dr"],"suffix":["MD"]}`},
		{pipe: "human_name 'LAST^FIRST^MIDDLE'", in: "Doe^Jane", want: `{"family":"Doe","given":["Jane"]}`},
		{pipe: "human_name 'FIRST MI LAST'", in: "Ana O'Neil", want: `{"family":"O'Neil","given":["Ana"]}`},
		{pipe: "human_name 'FIRST MI LAST'", in: "Ana M O'Neil", want: `{"family":"O'Neil","given":["Ana","M"]}`},
		{pipe: "human_name 'FIRST MI LAST'", in: "Ana M de la Cruz", want: `{"family":"de la Cruz","given":["Ana","M"]}`},
		{pipe: "human_name 'FIRST LAST'", in: "Dr. Ana O'Neil MD PhD", want: `{"family":"O'Neil","given":["Ana"],"prefix":["Dr."],"suffix":["MD","PhD"]}`},
		{pipe: "human_name 'PREFIX FIRST LAST'", in: "Ana Diaz", want: `{"family":"Diaz","given":["Ana"]}`},
		{pipe: "human_name", in: `Say "Hi", Ana`, want: `{"family":"Say \"Hi\"","given":["Ana"]}`},
		{pipe: "human_name", in: "DOE JANE", want: `{"text":"DOE JANE"}`, code: "bad-name"},
		{pipe: "human_name", in: "DOE,", want: `{"text":"DOE,"}`, code: "bad-name"},
		{pipe: "human_name", in: ", JANE", want: `{"text":", JANE"}`, code: "bad-name"},
		{pipe: "human_name 'FIRST LAST'", in: "Cher", want: `{"text":"Cher"}`, code: "bad-name"},
		{pipe: "human_name", in: " \t ", want: null},
		// commas that are no sign of the format stay in no name
		{pipe: "human_name", in: "Doe, Jane, MD", want: `{"family":"Doe","given":["Jane"],"suffix":["MD"]}`},
		{pipe: "human_name", in: "Doe, , Jane", want: `{"family":"Doe","given":["Jane"]}`},
		{pipe: "human_name", in: "Doe, Jr., John Q", want: `{"family":"Doe","given":["John","Q"],"suffix":["Jr."]}`},
		// words behind the end of the format are not lost
		{pipe: "human_name 'LAST (FIRST)'", in: "Doe (Jane)", want: `{"family":"Doe","given":["Jane"]}`},
		{pipe: "human_name 'LAST (FIRST)'", in: "Doe (Jane) Smith", want: `{"text":"Doe (Jane) Smith"}`, code: "bad-name"},
		// Do and Md are names; as DO and MD they are degrees, unless everything
		// is in capitals
		{pipe: "human_name 'FIRST LAST'", in: "Anh Thi Do", want: `{"family":"Thi Do","given":["Anh"]}`},
		{pipe: "human_name 'FIRST MIDDLE LAST'", in: "Anh Thi Do", want: `{"family":"Do","given":["Anh","Thi"]}`},
		{pipe: "human_name", in: "Le Do, Anh", want: `{"family":"Le Do","given":["Anh"]}`},
		{pipe: "human_name", in: "Karim, Abdul Md", want: `{"family":"Karim","given":["Abdul","Md"]}`},
		{pipe: "human_name 'FIRST LAST'", in: "John Smith DO", want: `{"family":"Smith","given":["John"],"suffix":["DO"]}`},
		{pipe: "human_name 'FIRST LAST'", in: "JOHN SMITH D.O.", want: `{"family":"SMITH","given":["JOHN"],"suffix":["D.O."]}`},
		{pipe: "human_name 'FIRST LAST'", in: "JOHN SMITH MD", want: `{"family":"SMITH","given":["JOHN"],"suffix":["MD"]}`},
		{pipe: "human_name 'FIRST LAST'", in: "ANH THI DO", want: `{"text":"ANH THI DO"}`, code: "bad-name"},
		{pipe: "human_name 'FIRST LAST'", in: "Sr. Juan Garcia", want: `{"family":"Garcia","given":["Juan"],"prefix":["Sr."]}`},
		{pipe: "human_name 'FIRST LAST'", in: "Juan Garcia Sr.", want: `{"family":"Garcia","given":["Juan"],"suffix":["Sr."]}`},
	})
	refuses(t, "human_name 'SURNAME, FIRST'", `human_name: "SURNAME" is not a part of a name; use LAST FIRST MIDDLE MI PREFIX SUFFIX`)
	refuses(t, "human_name LAST", `human_name: the name format "LAST" needs LAST and FIRST`)
}

func FuzzHumanNameIsJSONAndLosesNoLetter(f *testing.F) {
	for _, s := range []string{"Doe, Jane Q", "Dr. Ana de la Cruz MD", "a,b,c", "Jr, Sr", ",,,"} {
		f.Add(s)
	}
	var stages []clean.Func
	for _, pipe := range []string{"human_name", "human_name 'FIRST LAST'", "human_name 'FIRST MI LAST SUFFIX'", "human_name 'LAST^FIRST^MI'", "human_name 'LAST (FIRST)'"} {
		stages = append(stages, compile(f, pipe))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, run := range stages {
			out, _ := run(clean.Of(s), nil)
			var name struct {
				Text, Family          string
				Given, Prefix, Suffix []string
			}
			if !out.Set {
				continue
			}
			if err := json.Unmarshal([]byte(out.Text), &name); err != nil {
				t.Fatalf("human_name of %q gives %s: %v", s, out.Text, err)
			}
			all := name.Text + name.Family
			for _, list := range [][]string{name.Given, name.Prefix, name.Suffix} {
				for _, word := range list {
					all += word
				}
			}
			if want, got := letters(s), letters(all); want != got {
				t.Errorf("human_name of %q gives %s: %d letters of %d", s, out.Text, got, want)
			}
		}
	})
}

// letters counts ASCII letters.
func letters(s string) int {
	n := 0
	for _, r := range s {
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			n++
		}
	}
	return n
}

func TestTelephoneNumbersBecomeE164(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "phone US", in: "+1 202 555 0123", want: "+12025550123"},
		{pipe: "phone us", in: "2025550123", want: "+12025550123"},
		{pipe: "phone US", in: "1-202-555-0123", want: "+12025550123"},
		{pipe: "phone US", in: "+44 20 7946 0958", want: "+442079460958"},
		{pipe: "phone US", in: "202-555-0123 ext 9", want: "+12025550123 ext. 9"},
		{pipe: "phone DE", in: "030 901820", want: "+4930901820"},
		{pipe: "phone US", in: "911", want: "911", code: "bad-phone"},
		{pipe: "phone US", in: "000", want: "000", code: "bad-phone"},
	})
	refuses(t, "phone Mars", `phone: "Mars" is not a region; give two letters such as US`)
	refuses(t, "phone $R", "phone: REGION can not be a column; write its value instead of $R")
}

func TestOneTelephoneCleanerServesManyWorkers(t *testing.T) {
	t.Parallel()
	run := compile(t, "phone US")
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 6000 { // more than the cache holds
				number := []byte("(202) 555-0000")
				for at, n := len(number)-1, i; n > 0; at, n = at-1, n/10 {
					number[at] = byte('0' + n%10)
				}
				want := "+1202555" + string(number[10:])
				if out, problem := run(clean.Of(string(number)), nil); out.Text != want || problem != nil {
					t.Errorf("phone of %s gives %q, %v", number, out.Text, problem)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestAddressesOfMailAreTidied(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "email", in: "ana@example.org", want: "ana@example.org"},
		{pipe: "email", in: "MAILTO:Ana@EXAMPLE.org ", want: "Ana@example.org"},
		{pipe: "email", in: "<ana@example.org>", want: "ana@example.org"},
		{pipe: "email", in: "o'neil+x@mail.example.co.uk", want: "o'neil+x@mail.example.co.uk"},
		{pipe: "email", in: "@example.org", want: "@example.org", code: "bad-email"},
		{pipe: "email", in: "ana@example", want: "ana@example", code: "bad-email"},
		{pipe: "email", in: "ana@exa mple.org", want: "ana@exa mple.org", code: "bad-email"},
		{pipe: "email", in: "ana@example..org", want: "ana@example..org", code: "bad-email"},
		{pipe: "email", in: "ana@-example.org", want: "ana@-example.org", code: "bad-email"},
		{pipe: "email", in: "a@b.org; c@d.org", want: "a@b.org; c@d.org", code: "bad-email"},
	})
}
