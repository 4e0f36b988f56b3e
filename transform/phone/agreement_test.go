package phone_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"chartlift/transform/phone"
)

// agree holds the package against the library: the same texts are numbers, and the same ones.
func agree(t *testing.T, text, region string) {
	t.Helper()
	want, err := phonenumbers.Parse(text, region)
	home, known := phone.In(region)
	if !known {
		t.Fatalf("%s is not known", region)
	}
	got, ok := home.Parse(text)
	if ok != (err == nil) {
		t.Errorf("%q in %s: read %v, the library says %v", text, region, ok, err)
		return
	}
	if !ok {
		return
	}
	if w := phonenumbers.Format(want, phonenumbers.E164); got.E164() != w {
		t.Errorf("%q in %s is %s, the library says %s", text, region, got.E164(), w)
	}
	if got.Extension != want.GetExtension() {
		t.Errorf("%q in %s has the extension %q, the library says %q", text, region, got.Extension, want.GetExtension())
	}
	if w := phonenumbers.IsPossibleNumberWithReason(want) == phonenumbers.IS_POSSIBLE; got.Possible() != w {
		t.Errorf("%q in %s is possible: %v, the library says %v", text, region, got.Possible(), w)
	}
}

// regions are all that the library supports, sorted.
func regions() (all []string) {
	for r := range phonenumbers.GetSupportedRegions() {
		all = append(all, r)
	}
	slices.Sort(all)
	return all
}

func TestTheRegionsAreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	all := regions()
	if len(all) < 240 {
		t.Fatalf("the library has %d regions", len(all))
	}
	for _, r := range all {
		if _, known := phone.In(r); !known {
			t.Errorf("%s is not known", r)
		}
	}
	for _, r := range []string{"", "ZZ", "001", "001-800", "us", "USA", "Mars", "U", "US\t1", "\x00"} {
		if _, known := phone.In(r); known {
			t.Errorf("%q is a region", r)
		}
	}
}

// The library has an example of each kind of number in each region; each is written in all forms, and read in its own region and in others.
func TestExamplesOfAllRegionsAreReadAsTheLibraryReadsThem(t *testing.T) {
	t.Parallel()
	all := regions()
	for i, region := range all {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			for _, form := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL, phonenumbers.RFC3966} {
				text := phonenumbers.Format(n, form)
				for _, in := range []string{region, all[(i*7+int(kind))%len(all)], "US"} {
					agree(t, text, in)
				}
			}
			digits := strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+")
			for _, text := range []string{digits, "00" + digits, "011" + digits, "0" + digits, "+0" + digits, digits[1:], digits + "0", phonenumbers.Format(n, phonenumbers.NATIONAL) + " ext. 12"} {
				agree(t, text, region)
			}
		}
	}
}

func TestNumbersAsPeopleWriteThemAreReadAsTheLibraryReadsThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "1", "12", "123", "911", "000", "0000000", "112", "+", "++", "+1", "+1 2", "+12", "+999 1234567", "+0 1234567", "(0)", "+(1)2025550123", "call mother", "none", "n/a", "-", "0",
		"(202) 555-0123", "202.555.0123", "2025550123", "1-202-555-0123", "12025550123", "112025550123", "+1 (202) 555 0123", "＋１２０２５５５０１２３", "２０２５５５０１２３",
		"٢٠٢٥٥٥٠١٢٣", "۲۰۲۵۵۵۰۱۲۳", "२०२५५५०१२३", "00२०२५५५०१२३", "+1 २०२५५५०१२३", "1-800-FLOWERS", "1 800 Flowers", "+1 800 FLOWERS ext 5", "800-GET-ſome", "GETTING", "20255501AB",
		"202-555-0123 x45", "202-555-0123 x 45", "202-555-0123ext.45", "202-555-0123 extension 45", "202-555-0123 extensión 45", "202-555-0123,,45", "202-555-0123;45", "202-555-0123,45", "202-555-0123 #45",
		"202-555-0123 - 45#", "202-555-0123 int 45", "202-555-0123 доб 45", "202-555-0123 anexo 45", "202-555-0123 x1234567890", "202-555-0123 ext 12345678901234567890", "202-555-0123 x", "202-555-0123 x45/x46", "202-555-0123/2025550124", "202-555-0123 or 202-555-0124",
		"tel:+1-202-555-0123", "tel:202-555-0123;phone-context=+1", "tel:555-0123;phone-context=+1-202", "202-555-0123;phone-context=example.com", "2025550123;phone-context=", "2025550123;phone-context=+", "2025550123;phone-context=@", ";phone-context=+1", "tel:2025550123;isub=12", "tel:2025550123;ext=45", "2025550123;phone-context=+1;tel:", "tel:2025550123;isub=1;phone-context=+1", ";phone-context=+1;2025550123",
		"020 7946 0958", "(0)20 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958", "011 44 20 7946 0958", "44 20 7946 0958", "+44+44 20 7946 0958", "0+44 20 7946 0958", "0 +44 20 7946 0958", "+ 44 20 7946 0958",
		"030 901820", "030/12345678", "+49 30 12345678", "0049 30 12345678", "+49 (0) 30 12345678", "49 30 12345678", "+39 06 698", "06 69812345", "+39 0 6 69812345", "+390236618300", "000123456789",
		"+54 9 11 2345 6789", "011 15 2345 6789", "0343 15 555 1212", "+52 1 33 1234 5678", "044 33 1234 5678", "+55 11 91234 5678", "0 41 11 91234 5678", "0 15 11 91234 5678", "+7 495 123 4567", "8 495 123 4567", "8 10 1 202 555 0123", "+7 (700) 123-45-67",
		"+800 1234 5678", "+979 123 456 789", "+870 773 111 632", "+883 5100 1234 5678", "+388 1234567", "+882 16 1234567",
		"+1 242 365 1234", "365-1234", "242 365 1234", "+1 758 4 12 34 56", "7584123456", "+44 1534 456789", "01534 456789", "+262 692 12 34 56", "+358 18 12345", "+61 8 9162 1234", "0011 1 202 555 0123",
		"2025550123 or so", "Tel. 202 555 0123 (home)", "home: 202-555-0123", "202\t555\t0123", "202\n555\n0123", "202\u00a0555\u00a00123", "202–555–0123", "202.555.0123.", "[202] 555 0123", "202~555~0123", "*67 202 555 0123", "#202 555 0123",
		strings.Repeat("1", 17), strings.Repeat("1", 18), strings.Repeat("2", 250), strings.Repeat("2", 251), "+49" + strings.Repeat("1", 17), "\xff202 555 0123", "202 555\xff 0123", "\x00", "2025550123\x00",
	} {
		for _, region := range []string{"US", "GB", "DE", "IT", "AR", "BR", "MX", "RU", "KZ", "BS", "LC", "JE", "RE", "AX", "CX", "AU", "JP", "CI", "SM", "VA", "IN", "AC", "TA", "KP"} {
			agree(t, text, region)
		}
	}
}

func TestNumbersWithMistakesAreReadAsTheLibraryReadsThem(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	all := regions()
	signs := []rune("00112233445566778899+ -.()/x#*;,~eE tAl:=१٣３　\u2010")
	for range 8_000 {
		region := all[random.IntN(len(all))]
		n := phonenumbers.GetExampleNumber(all[random.IntN(len(all))])
		if n == nil {
			continue
		}
		text := []rune(phonenumbers.Format(n, phonenumbers.PhoneNumberFormat(random.IntN(4))))
		for range random.IntN(4) {
			at := random.IntN(len(text) + 1)
			switch sign := signs[random.IntN(len(signs))]; {
			case random.IntN(2) == 0:
				text = slices.Insert(text, at, sign)
			case at < len(text):
				text[at] = sign
			default:
				text = text[:len(text)-1]
			}
			if len(text) == 0 {
				break
			}
		}
		agree(t, string(text), region)
	}
}

func FuzzAgreement(f *testing.F) {
	for _, text := range []string{"(202) 555-0123 x45", "+44 20 7946 0958", "tel:555;phone-context=+1", "1-800-FLOWERS", "٢٠٢٥٥٥٠١٢٣"} {
		f.Add(text, uint8(0))
	}
	all := regions()
	f.Fuzz(func(t *testing.T, text string, region uint8) { agree(t, text, all[region]) })
}
