package mappings

import (
	"strings"
	"unicode/utf8"
)

// typographicQuotes are those that word processors, mail programs and chats
// write in the place of " and ' (Unicode, General Punctuation and Latin-1). To
// YAML, pipes and SQL they are letters like any other, so that a pasted text
// would carry them.
const typographicQuotes = "“”„‟«»‘’‚‛‹›"

// typographic returns the typographic quote at the start of text, "" where
// there is none.
func typographic(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	if n == 0 || !strings.Contains(typographicQuotes, text[:n]) {
		return ""
	}
	return text[:n]
}

// pastedQuote returns the typographic quote that somebody meant for one of
// YAML's around a text without those. An apostrophe before a word (’t Hooft) is
// none unless the text ends with a quote, too.
func pastedQuote(text string) string {
	q := typographic(text)
	if q == "’" {
		last, _ := utf8.DecodeLastRuneInString(text)
		if len(text) == len(q) || !strings.ContainsRune(typographicQuotes, last) {
			return ""
		}
	}
	return q
}

// notAQuote says what to write in the place of a typographic quote at the start
// of text, "" where there is none; straight is how a quote is written there.
func notAQuote(text, straight string) string {
	q := typographic(text)
	if q == "" {
		return ""
	}
	return q + " is a typographic quote, as word processors write it; write " + straight
}
