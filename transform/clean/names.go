package clean

import (
	"strings"

	"golang.org/x/text/language"
)

// nameCleaners read names of persons and what else stands beside them.
var nameCleaners = []Cleaner{
	{
		Name: "gender", In: []Type{Any}, Out: "code", Issues: []string{"unmapped-value"},
		Doc: "Gives the FHIR code of an administrative gender: M, F, U, O and the codes of HL7 v2, or the words in English, in any case. " +
			"Numbers are not guessed: map them.",
		Compile: with(gender),
		Examples: []Example{
			{Pipe: "gender", In: "F", Out: "female"},
			{Pipe: "gender", In: "Male", Out: "male"},
			{Pipe: "gender", In: "1", OutNull: true, Issue: "unmapped-value"},
		},
	},
	{
		Name: "human_name", In: []Type{Any}, Out: "HumanName", Issues: []string{"bad-name"},
		Doc: "Makes a HumanName of a whole name. FORMAT tells the order of LAST, FIRST, MIDDLE (or MI), PREFIX and SUFFIX, and the signs between them; " +
			"it is 'LAST, FIRST MI' if not given. Titles (Dr) and suffixes (Jr, III) are found in any format. A name that does not fit is kept as text, with a warning.",
		Params:  []Param{{Name: "FORMAT", Kind: Word, Optional: true}},
		Compile: compileHumanName,
		Examples: []Example{
			{Pipe: "human_name 'LAST, FIRST MI'", In: "O'Neil, Ana M", Out: `{"family":"O'Neil","given":["Ana","M"]}`},
			{Pipe: "human_name 'FIRST LAST'", In: "Maria de la Cruz", Out: `{"family":"de la Cruz","given":["Maria"]}`},
			{Pipe: "human_name", In: "King Jr, Dr. Martin Luther", Out: `{"family":"King","given":["Martin","Luther"],"prefix":["Dr."],"suffix":["Jr"]}`},
			{Pipe: "human_name", In: "Cher", Out: `{"text":"Cher"}`, Issue: "bad-name"},
		},
	},
	{
		Name: "language", In: []Type{Any}, Out: "code", Issues: []string{"unmapped-value"},
		Doc:     "Gives the BCP 47 tag of a language: a tag (en-US, en_US), a code of ISO 639 with two or three letters, or the English name of a common language.",
		Compile: with(languageTag),
		Examples: []Example{
			{Pipe: "language", In: "English", Out: "en"},
			{Pipe: "language", In: "spa", Out: "es"},
			{Pipe: "language", In: "pt_br", Out: "pt-BR"},
			{Pipe: "language", In: "declined", OutNull: true, Issue: "unmapped-value"},
		},
	},
}

// gender maps the codes of HL7 v2 table 0001 as the v2-to-FHIR guide does, but
// for N (not applicable), which means many things in exports.
func gender(s string) (Value, *Problem) {
	if len(s) <= len("undifferentiated") {
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "m", "male", "man", "boy":
			return of(same(s, []byte("male")))
		case "f", "female", "woman", "girl":
			return of(same(s, []byte("female")))
		case "o", "other", "x", "a", "ambiguous", "nonbinary", "non-binary", "undifferentiated", "un":
			return of(same(s, []byte("other")))
		case "u", "unk", "unknown":
			return of(same(s, []byte("unknown")))
		}
	}
	return bad("unmapped-value", "the value is no administrative gender that is known here; write map VALUE=female …, or a crosswalk")
}

// languageNames are the names that front desks write.
var languageNames = map[string]string{
	"english": "en", "spanish": "es", "espanol": "es", "castilian": "es", "french": "fr", "francais": "fr", "german": "de", "deutsch": "de", "italian": "it",
	"portuguese": "pt", "russian": "ru", "chinese": "zh", "mandarin": "cmn", "cantonese": "yue", "japanese": "ja", "korean": "ko", "vietnamese": "vi",
	"tagalog": "tl", "filipino": "fil", "arabic": "ar", "hindi": "hi", "urdu": "ur", "bengali": "bn", "punjabi": "pa", "gujarati": "gu", "tamil": "ta",
	"telugu": "te", "persian": "fa", "farsi": "fa", "polish": "pl", "ukrainian": "uk", "greek": "el", "hebrew": "he", "turkish": "tr", "thai": "th",
	"haitian": "ht", "haitiancreole": "ht", "creole": "ht", "somali": "so", "swahili": "sw", "amharic": "am", "hmong": "hmn", "khmer": "km", "lao": "lo",
	"burmese": "my", "nepali": "ne", "dutch": "nl", "swedish": "sv", "norwegian": "no", "danish": "da", "finnish": "fi", "hungarian": "hu", "czech": "cs",
	"romanian": "ro", "serbian": "sr", "croatian": "hr", "bosnian": "bs", "bulgarian": "bg", "albanian": "sq", "armenian": "hy", "navajo": "nv",
	"americansignlanguage": "ase", "asl": "ase", "signlanguage": "sgn",
}

// isNoLanguage knows what front desks write for none, not known, declined or
// any. Most of it is the code of some small language as well (unk is
// Enawené-Nawé, na Nauru), which is hardly ever meant.
func isNoLanguage(name string) bool {
	switch name {
	case "all", "any", "ask", "dec", "na", "nil", "non", "nul", "oth", "ref", "tbd", "unk":
		return true
	}
	return false
}

// languageTag parses short texts only: longer words are names, and some of them
// would pass as tags.
func languageTag(s string) (Value, *Problem) {
	name := foldName(s)
	if tag, ok := languageNames[name]; ok {
		return of(same(s, []byte(tag)))
	}
	if len(s) <= 35 && !isNoLanguage(name) && (len(name) <= 3 || strings.ContainsAny(s, "-_")) {
		tag, err := language.Parse(s)
		if base, sure := tag.Base(); err == nil && tag != language.Und && sure != language.No && base.String() != "und" {
			return of(same(s, []byte(tag.String())))
		}
	}
	return bad("unmapped-value", "the text is no language that is known here; write map VALUE=en …, or a crosswalk")
}
