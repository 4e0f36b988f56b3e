package clean_test

import (
	"strings"
	"testing"

	"chartlift/transform/clean"
)

func TestDamageOfATextIsTold(t *testing.T) {
	t.Parallel()
	for want, texts := range map[clean.Damage][]string{
		clean.Undamaged: {
			"", "Muller", "Müller", "Núñez", "Île-de-France", "Zoë", "Đặng", "Straße", "日本語", "Жуков", "Ἀθηνᾶ", "Ã", "€ 5", "“quoted” and ’t", "¿Qué?", "naïve — or not…",
			"Marks & Spencer", "AT&T", "R&D;", "a&b;c", "&c;", "& amp;", "&amp", "&;", "&#;", "&#x;", "fish&chips;", "?", "What? no", "Is it? Yes", "a/b?c=d", "http://x/y?z=caf?e", "HbA1c ?", "5?6",
		},
		clean.Misread:    {"MÃ¼ller", "NÃºÃ±ez", "GarcÃ\u00ada", "Chirâ€™s", "caf\u00c3\u00a9", "M\u00c3\u0192\u00c2\u00bcller", "ÐžÐ»ÐµÐ³"},
		clean.Replaced:   {"M\uFFFDller", "\uFFFD", "MÃ¼ller \uFFFD", "O&#39;Brien \uFFFD"},
		clean.Questioned: {"Garc?a", "M?ller &amp; Co", "caf?é", "WHO?no"},
		clean.Entities:   {"O&#39;Brien", "Smith &amp; Wesson", "&lt;5", "caf&eacute;", "x&#x27;y", "5 &gt 4 &gt; 3", "M&uuml;ller", "Müller &amp; Söhne", "is it? &lt;b&gt;"},
	} {
		for _, text := range texts {
			if got := clean.DamageOf(text); got != want {
				t.Errorf("%q has the damage %d, want %d", text, got, want)
			}
		}
	}
}

func TestWhatFixMojibakeMendsIsMisreadAndNothingElse(t *testing.T) {
	t.Parallel()
	fix := compile(t, "fix_mojibake")
	for _, text := range []string{"Müller", "MÃ¼ller", "NÃºÃ±ez", "Núñez", "â‚¬", "Ã©Ã©", "é©", "äöü", "Ã¤b", "aÃ¤", "Âµg", "Âµ", "10 Â°C"} {
		out, _ := fix(clean.Of(text), nil)
		if misread := clean.DamageOf(text) == clean.Misread; misread != (out.Text != text) {
			t.Errorf("%q is misread: %t, and mended it is %q", text, misread, out.Text)
		}
	}
}

func TestNumbersThatASpreadsheetChangedAreTold(t *testing.T) {
	t.Parallel()
	const short, long = "in short", "ends in 000"
	for text, want := range map[string]string{
		"1.005E+03": short, "1,00E+05": short, "1E+05": short, "1e+05": short, "-1.2E+100": short, "1.23456789012346E+17": short,
		"1234567890123450000": long, "1234567890123000": long, "100000000000000000": long,
		"": "", "0": "", "1000": "", "E+05": "", "1.E+05": "", "1.5E+": "", "1.5E+5": "", "1.5E-05": "", "1.5E+1234": "", "1.2.3E+05": "", "AE+05": "", "1E+05 x": "", "+++++": "", "+49 30 5+00": "",
		"123456789012000": "", "1234567890123456": "", "1234567890123400": "", "1234567890123456000": "", "A234567890123450000": "", "12345678901234500.0": "", "8f14e45f-ceea-467f-a9b6-0000000000000": "", "000": "", "00000": "",
	} {
		got := clean.DamagedNumber(text)
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("of %q it says %q, want %q", text, got, want)
		}
	}
}

func TestLongNumbersAreRoundedWhereOnlyZerosStandBehind15Digits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		"1234567890123450": {true, true}, "1234567890123456": {true, false}, "12345678901234500": {true, true}, "12345678901234560": {true, false},
		"123456789012345": {}, "123456789012345x": {}, "": {}, "12345678901234.50": {},
	} {
		if long, rounded := clean.Rounded(text); long != want[0] || rounded != want[1] {
			t.Errorf("%q is long: %t, and rounded: %t", text, long, rounded)
		}
	}
}

func BenchmarkDamageOf(b *testing.B) {
	for name, text := range map[string]string{"plain": "Essential hypertension (disorder)", "accents": "Hipertensión arterial esencial", "ampersand": "Marks & Spencer"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if clean.DamageOf(text) != clean.Undamaged {
					b.Fatal(text)
				}
			}
		})
	}
}
