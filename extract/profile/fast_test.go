package profile_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"chartlift/extract/profile"
)

// changed returns s with some of its bytes replaced by one of letters.
func changed(random *rand.Rand, s, letters string) string {
	b := []byte(s)
	for range random.IntN(4) {
		b[random.IntN(len(b))] = letters[random.IntN(len(letters))]
	}
	return string(b)
}

func TestAUUIDIsKnownByEachOfItsBytes(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	good := "0123abcf-89AF-4bcd-9e0f-abcdefABCDEF"
	if !profile.IsUUID(good) {
		t.Fatalf("%s is none", good)
	}
	for at := range len(good) {
		for c := range 256 {
			s := good[:at] + string([]byte{byte(c)}) + good[at+1:]
			if got, want := profile.IsUUID(s), form.MatchString(s); got != want {
				t.Errorf("%q: %v", s, got)
			}
		}
	}
}

func TestAnISODateIsSeenAsWhatADateReaderSeesInIt(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2017-03-27", "2017-03-27 10:11:12", "2017-03-27T24:00:60Z", "2017-02-30", "0999-01-01T00:00:00", "2017-13-01"} {
		if taken, agrees := profile.SeeISO(s); !taken || !agrees {
			t.Errorf("%q is taken: %v, agrees: %v", s, taken, agrees)
		}
	}
	random := rand.New(rand.NewPCG(1, 7))
	taken := 0
	for range 300_000 {
		form := []string{"2017-03-27", "1899-12-31 10:11:12", "2999-02-29T23:59:60Z", "2016-03-31T24:00:00", "20170327101112", "12/31/2017 1:02 AM", "2017-3-7 10:11:12"}
		s := changed(random, form[random.IntN(len(form))], "0123456789-: TZ+./xe\x00é")
		took, agrees := profile.SeeISO(s)
		if took {
			taken++
		}
		if !agrees {
			t.Fatalf("%q", s)
		}
	}
	if taken < 50_000 {
		t.Errorf("only %d values were taken", taken)
	}
}

// Lengths in characters are those in bytes of everything that is not a word.
func TestOnlyWordsAndPlaceholdersHaveSignsBeyondASCII(t *testing.T) {
	t.Parallel()
	values := []string{"7", "-7.5", "1,5", "1e6", "0123abcf-89AF-4bcd-9e0f-abcdefABCDEF", "10:11:12", "2017-02-30", "9999"}
	for value := range written() {
		values = append(values, value)
	}
	for _, value := range values {
		for at := range len(value) + 1 {
			for _, sign := range []string{"é", "٣", "ſ", "K", "−", "\xa0", "\xff", "１"} {
				for _, s := range []string{value[:at] + sign + value[at:], value[:at] + sign + value[min(at+1, len(value)):], value[:at] + sign + value[min(at+len(sign), len(value)):]} {
					if kind, _, _ := profile.See(s); kind != profile.Word && kind != profile.Placeholder {
						t.Errorf("%q is seen as kind %d", s, kind)
					}
				}
			}
		}
	}
	if kind, _, _ := profile.See(strings.Repeat("9", 8)); kind != profile.Placeholder {
		t.Errorf("nines are seen as kind %d", kind)
	}
}
