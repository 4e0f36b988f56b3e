package clean_test

import "testing"

// What a cleaner cannot know it does not guess: each of these once became a
// value that nobody wrote.
func TestNothingIsGuessedSilently(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "number_from_text", in: "5½", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "10²", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "5 ١٢", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "Ⅳ 4", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "75 mg/m²", want: "75", code: "comparator-dropped"},
		{pipe: "us_state", in: "MA 02108", want: "MA 02108", code: "unknown-state"},
		{pipe: "us_state", in: "李CA", want: "李CA", code: "unknown-state"},
		{pipe: "us_state", in: "California 2", want: "California 2", code: "unknown-state"},
		{pipe: "country", in: "Georgia 30303", want: "Georgia 30303", code: "unknown-country"},
		{pipe: "country", in: "12 US", want: "12 US", code: "unknown-country"},
		{pipe: "country", in: "Côte d’Ivoire", want: "CI"},
		{pipe: "julian", in: "201312", want: null, code: "bad-date"}, // December of 2013
		{pipe: "julian", in: "915195", want: null, code: "bad-date"},
		{pipe: "julian", in: "115195", want: "2015-07-14"},
		{pipe: "julian", in: "015001", want: "1915-01-01"},
		{pipe: "ucum", in: "G/L", want: null, code: "unknown-unit"}, // cells, or grams
		{pipe: "ucum", in: "G/l", want: null, code: "unknown-unit"},
		{pipe: "ucum", in: "T/L", want: "10*12/L"},
		{pipe: "ucum", in: "Gpt/l", want: "10*9/L"},
		{pipe: "ucum", in: "g/L", want: "g/L"},
		{pipe: "ucum", in: "G/DL", want: "g/dL"},
		{pipe: "ucum", in: "b/min", want: null, code: "unknown-unit"}, // beats, or breaths; a barn is neither
		{pipe: "ucum", in: "AU/mL", want: null, code: "unknown-unit"},
		{pipe: "ucum", in: "PL", want: "pL"},
		{pipe: "ucum", in: "M", want: null, code: "unknown-unit"},
		{pipe: "ucum", in: "M/uL", want: "10*6/uL"},
		{pipe: "quantity $U ucum", in: "6.5", columns: []string{"G/L"}, want: `{"value":6.5,"unit":"G/L"}`, code: "unknown-unit"},
		{pipe: "period $S $E", in: "x", columns: []string{"2019-03-07T10:00:00.9Z", "2019-03-07T10:00:00.1Z"}, want: null, code: "period-reversed"},
		{pipe: "not_future 2019-03-07T10:00:00.5Z", in: "2019-03-07T10:00:00.6Z", want: null, code: "future-date"},
		{pipe: "to_tz Asia/Tokyo", in: "2019-03-07T10:00:00.125Z", want: "2019-03-07T19:00:00.125+09:00"},
		{pipe: "hl7_id", in: " \t", want: null},
		{pipe: "xhtml", in: "a\x01b\x00", want: `<div xmlns="http://www.w3.org/1999/xhtml"><p>ab</p></div>`},
		{pipe: "xhtml", in: " \n ", want: null},
		{pipe: "email", in: "a@@b.org", want: "a@@b.org", code: "bad-email"},
		{pipe: "email", in: ".a@b.org", want: ".a@b.org", code: "bad-email"},
		{pipe: "email", in: "a..b@c.org", want: "a..b@c.org", code: "bad-email"},
	})
}
