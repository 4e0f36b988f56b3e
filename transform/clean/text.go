package clean

import (
	"errors"
	"html"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// textCleaners tidy text of any meaning.
var textCleaners = []Cleaner{
	{
		Name: "ascii", In: []Type{Any}, Out: "string", Issues: []string{"lossy-text"},
		Doc:     "Folds accents and typographic signs to plain ASCII letters. What has no plain form is left out, with a warning.",
		Compile: with(foldASCII),
		Examples: []Example{
			{Pipe: "ascii", In: "Núñez–Øster", Out: "Nunez-Oster"},
			{Pipe: "ascii", In: "Ana 李", Out: "Ana", Issue: "lossy-text"},
		},
	},
	{
		Name: "base64", In: []Type{Any}, Out: "base64Binary",
		Doc:     "Writes a text as base64, in UTF-8, as the data of an attachment.",
		Compile: plain(base64Of),
		Examples: []Example{
			{Pipe: "base64", In: "Müller", Out: "TcO8bGxlcg=="},
			{Pipe: "base64", In: "All well.", Out: "QWxsIHdlbGwu"},
		},
	},
	{
		Name: "base64_clean", In: []Type{Any}, Out: "base64Binary", Issues: []string{"bad-base64"},
		Doc:     "Takes what is base64 already, without the line breaks in it.",
		Compile: with(base64Form),
		Examples: []Example{
			{Pipe: "base64_clean", In: "JVBE\nRi0x", Out: "JVBERi0x"},
			{Pipe: "base64_clean", In: "no base64!", OutNull: true, Issue: "bad-base64"},
		},
	},
	{
		Name: "concat", In: []Type{Any}, Out: "string",
		Doc:     "Appends texts and columns. A null column adds nothing; a null value stays null.",
		Params:  []Param{{Name: "PART", Kind: Either, Variadic: true}},
		Compile: compileConcat,
		Examples: []Example{
			{Pipe: "concat ' ' $MIDDLE", In: "Ana", Columns: []string{"Maria"}, Out: "Ana Maria"},
			{Pipe: "concat /2019", In: "3/7", Out: "3/7/2019"},
		},
	},
	{
		Name: "concat_lines", In: []Type{Any}, Out: "string",
		Doc:     "Appends texts and columns to every line of a text, as a unit to each of several results. Empty lines stay empty.",
		Params:  []Param{{Name: "PART", Kind: Either, Variadic: true}},
		Compile: compileConcatLines,
		Examples: []Example{
			{Pipe: "concat_lines ' ' $UNIT", In: "5.4\n5.6", Columns: []string{"mmol/L"}, Out: "5.4 mmol/L\n5.6 mmol/L"},
			{Pipe: "concat_lines ' mg'", In: "5\n\n7\n", Out: "5 mg\n\n7 mg\n"},
			{Pipe: "concat_lines ' mg'", In: "5", Out: "5 mg"},
		},
	},
	{
		Name: "default", In: []Type{Any}, Out: Same, Nulls: true,
		Doc:    "Puts a text or a column in the place of null.",
		Params: []Param{{Name: "VALUE", Kind: Either}},
		Compile: func(args []Arg, _ Settings) (Func, error) {
			return firstSet(args), nil
		},
		Examples: []Example{
			{Pipe: "default unknown", Null: true, Out: "unknown"},
			{Pipe: "default unknown", In: "male", Out: "male"},
		},
	},
	{
		Name: "extract", In: []Type{Any}, Out: "string",
		Doc:     "Takes what a regular expression matches, or one of its groups (the first where it has any). No match gives null.",
		Params:  []Param{{Name: "RE", Kind: Word}, {Name: "GROUP", Kind: Int, Optional: true}},
		Compile: compileExtract,
		Examples: []Example{
			{Pipe: "extract '[0-9]+'", In: "room 12b", Out: "12"},
			{Pipe: "extract '(\\w+)-(\\w+)' 2", In: "abc-def", Out: "def"},
			{Pipe: "extract '[0-9]+'", In: "lobby", OutNull: true},
		},
	},
	{
		Name: "first_of", In: []Type{Any}, Out: Same, Nulls: true,
		Doc:    "Takes the first of the value and the columns that is not null.",
		Params: []Param{{Name: "COLUMN", Kind: Column, Variadic: true}},
		Compile: func(args []Arg, _ Settings) (Func, error) {
			return firstSet(args), nil
		},
		Examples: []Example{
			{Pipe: "first_of $CELL $WORK", Null: true, Columns: []string{"", "555 0100"}, Out: "555 0100"},
			{Pipe: "first_of $CELL", In: "555 0199", Columns: []string{"555 0100"}, Out: "555 0199"},
		},
	},
	{
		Name: "fix_mojibake", In: []Type{Any}, Out: "string",
		Doc:     "Repairs UTF-8 that was once read as Windows-1252. Other text stays as it is.",
		Compile: plain(fixMojibake),
		Examples: []Example{
			{Pipe: "fix_mojibake", In: "NÃºÃ±ez", Out: "Núñez"},
			{Pipe: "fix_mojibake", In: "Núñez", Out: "Núñez"},
		},
	},
	{
		Name: "html_unescape", In: []Type{Any}, Out: "string",
		Doc:     "Turns HTML entities into the characters that they stand for.",
		Compile: plain(html.UnescapeString),
		Examples: []Example{
			{Pipe: "html_unescape", In: "Smith &amp; Sons", Out: "Smith & Sons"},
			{Pipe: "html_unescape", In: "caf&eacute;", Out: "café"},
		},
	},
	{
		Name: "join", In: []Type{Any}, Out: "string", Nulls: true,
		Doc:     "Joins the value and the columns with a separator, leaving out nulls.",
		Params:  []Param{{Name: "SEP", Kind: Word}, {Name: "PART", Kind: Either, Variadic: true}},
		Compile: compileJoin,
		Examples: []Example{
			{Pipe: "join ', ' $UNIT $CITY", In: "12 Elm St", Columns: []string{"", "Boston"}, Out: "12 Elm St, Boston"},
			{Pipe: "join ', ' $CITY", Null: true, Columns: []string{"Boston"}, Out: "Boston"},
		},
	},
	{
		Name: "left", In: []Type{Any}, Out: "string",
		Doc:     "Keeps the first N characters.",
		Params:  []Param{{Name: "N", Kind: Int}},
		Compile: counted(leftOf),
		Examples: []Example{
			{Pipe: "left 3", In: "ABCDE", Out: "ABC"},
			{Pipe: "left 3", In: "Áé", Out: "Áé"},
		},
	},
	{
		Name: "lower", In: []Type{Any}, Out: "string", Doc: "Writes all letters small.",
		Compile: plain(strings.ToLower),
		Examples: []Example{
			{Pipe: "lower", In: "White", Out: "white"},
			{Pipe: "lower", In: "ÉCOLE", Out: "école"},
		},
	},
	{
		Name: "max_len", In: []Type{Any}, Out: "string", Issues: []string{"text-cut", "too-long"},
		Doc:     "Lets through at most N characters. A longer text is rejected, or with cut shortened, with a warning.",
		Params:  []Param{{Name: "N", Kind: Int}, {Name: "cut|reject", Kind: Word, Optional: true}},
		Compile: compileMaxLen,
		Examples: []Example{
			{Pipe: "max_len 5", In: "ABCDE", Out: "ABCDE"},
			{Pipe: "max_len 5", In: "ABCDEF", OutNull: true, Issue: "too-long"},
			{Pipe: "max_len 5 cut", In: "ABCDEF", Out: "ABCDE", Issue: "text-cut"},
		},
	},
	{
		Name: "nfc", In: []Type{Any}, Out: "string", Doc: "Composes letters and their accents (Unicode form NFC).",
		Compile: plain(norm.NFC.String),
		Examples: []Example{
			{Pipe: "nfc", In: "Nu\u0301n\u0303ez", Out: "Núñez"},
			{Pipe: "nfc", In: "Núñez", Out: "Núñez"},
		},
	},
	{
		Name: "null_if", In: []Type{Any}, Out: Same, Doc: "Makes null of a value that is exactly one of those listed.",
		Params:  []Param{{Name: "VALUE", Kind: Either, Variadic: true}},
		Compile: compileNullIf,
		Examples: []Example{
			{Pipe: "null_if NONE 'not known'", In: "not known", OutNull: true},
			{Pipe: "null_if NONE", In: "none", Out: "none"},
		},
	},
	{
		Name: "pad_left", In: []Type{Any}, Out: "string", Doc: "Fills up to N characters with a character in front.",
		Params:  []Param{{Name: "N", Kind: Int}, {Name: "CHAR", Kind: Word}},
		Compile: compilePadLeft,
		Examples: []Example{
			{Pipe: "pad_left 5 0", In: "42", Out: "00042"},
			{Pipe: "pad_left 5 0", In: "123456", Out: "123456"},
		},
	},
	{
		Name: "prefix", In: []Type{Any}, Out: "string", Doc: "Puts a text in front, unless it is there already.",
		Params: []Param{{Name: "TEXT", Kind: Word}},
		Compile: func(args []Arg, _ Settings) (Func, error) {
			p := args[0].Text
			return unary(func(s string) (Value, *Problem) {
				if strings.HasPrefix(s, p) {
					return of(s)
				}
				return of(p + s)
			}), nil
		},
		Examples: []Example{
			{Pipe: "prefix MRN-", In: "42", Out: "MRN-42"},
			{Pipe: "prefix MRN-", In: "MRN-42", Out: "MRN-42"},
		},
	},
	{
		Name: "printable", In: []Type{Any}, Out: "string",
		Doc:     "Removes control characters other than tab and line break, which a FHIR string must not hold.",
		Compile: plain(printable),
		Examples: []Example{
			{Pipe: "printable", In: "Ana\x07 B\x00.", Out: "Ana B."},
			{Pipe: "printable", In: "two\nlines", Out: "two\nlines"},
		},
	},
	{
		Name: "regex_replace", In: []Type{Any}, Out: "string",
		Doc:     "Replaces every match of a regular expression; $1 in the new text is its first group.",
		Params:  []Param{{Name: "RE", Kind: Word}, {Name: "NEW", Kind: Word}},
		Compile: compileRegexReplace,
		Examples: []Example{
			{Pipe: "regex_replace '^0+' ''", In: "00042", Out: "42"},
			{Pipe: "regex_replace '(\\w+), (\\w+)' '$2 $1'", In: "Doe, Jane", Out: "Jane Doe"},
		},
	},
	{
		Name: "replace", In: []Type{Any}, Out: "string", Doc: "Replaces a text wherever it stands.",
		Params: []Param{{Name: "OLD", Kind: Word}, {Name: "NEW", Kind: Word}},
		Compile: func(args []Arg, _ Settings) (Func, error) {
			before, after := args[0].Text, args[1].Text
			if before == "" {
				return nil, errors.New("the text to look for is empty")
			}
			return unary(func(s string) (Value, *Problem) { return of(strings.ReplaceAll(s, before, after)) }), nil
		},
		Examples: []Example{
			{Pipe: "replace _ ' '", In: "not_known", Out: "not known"},
			{Pipe: "replace x ''", In: "xx", OutNull: true},
		},
	},
	{
		Name: "right", In: []Type{Any}, Out: "string",
		Doc:     "Keeps the last N characters.",
		Params:  []Param{{Name: "N", Kind: Int}},
		Compile: counted(rightOf),
		Examples: []Example{
			{Pipe: "right 4", In: "999-17-1679", Out: "1679"},
			{Pipe: "right 4", In: "79", Out: "79"},
		},
	},
	{
		Name: "rtf_text", In: []Type{Any}, Out: "string", Issues: []string{"lossy-text"},
		Doc:     "Takes the text out of RTF, with line breaks for paragraphs. Text that is not RTF stays as it is.",
		Compile: with(rtfText),
		Examples: []Example{
			{Pipe: "rtf_text", In: `{\rtf1\ansi{\fonttbl\f0 Arial;}\f0 No \b fever\b0 .\par Caf\'e9}`, Out: "No fever.\nCafé"},
			{Pipe: "rtf_text", In: "No fever.", Out: "No fever."},
			{Pipe: "rtf_text", In: `{\rtf1\ansi\ansicpg1251 \'c0\'ed\'ed\'e0}`, Out: "Анна"},
			{Pipe: "rtf_text", In: `{\rtf1\ansi\ansicpg932 T\'8e}`, Out: "T\ufffd", Issue: "lossy-text"},
		},
	},
	{
		Name: "split", In: []Type{Any}, Out: "string",
		Doc:     "Takes one part of a text that a separator divides: the first is 1, the last -1. A part that is not there is null.",
		Params:  []Param{{Name: "SEP", Kind: Word}, {Name: "INDEX", Kind: Int, Optional: true}},
		Compile: compileSplit,
		Examples: []Example{
			{Pipe: "split ^ 2", In: "Doe^Jane^Q", Out: "Jane"},
			{Pipe: "split ^ -1", In: "Doe^Jane^Q", Out: "Q"},
			{Pipe: "split ^ 4", In: "Doe^Jane^Q", OutNull: true},
		},
	},
	{
		Name: "squeeze", In: []Type{Any}, Out: "string", Doc: "Trims, and makes one space of every run of white space inside.",
		Compile: plain(squeeze),
		Examples: []Example{
			{Pipe: "squeeze", In: "  Ana \t Maria ", Out: "Ana Maria"},
			{Pipe: "squeeze", In: "Ana Maria", Out: "Ana Maria"},
		},
	},
	{
		Name: "strip", In: []Type{Any}, Out: "string", Doc: "Removes the listed characters wherever they stand.",
		Params: []Param{{Name: "CHARS", Kind: Word}},
		Compile: func(args []Arg, _ Settings) (Func, error) {
			chars := args[0].Text
			return unary(func(s string) (Value, *Problem) { return of(stripChars(s, chars)) }), nil
		},
		Examples: []Example{
			{Pipe: "strip '-. '", In: "12-34.5 6", Out: "123456"},
			{Pipe: "strip *", In: "***", OutNull: true},
		},
	},
	{
		Name: "substr", In: []Type{Any}, Out: "string", Doc: "Takes N characters beginning with character FROM; the first is 1.",
		Params:  []Param{{Name: "FROM", Kind: Int}, {Name: "N", Kind: Int}},
		Compile: compileSubstr,
		Examples: []Example{
			{Pipe: "substr 3 2", In: "ABCDE", Out: "CD"},
			{Pipe: "substr 9 2", In: "ABCDE", OutNull: true},
		},
	},
	{
		Name: "suffix", In: []Type{Any}, Out: "string", Doc: "Puts a text behind, unless it is there already.",
		Params: []Param{{Name: "TEXT", Kind: Word}},
		Compile: func(args []Arg, _ Settings) (Func, error) {
			p := args[0].Text
			return unary(func(s string) (Value, *Problem) {
				if strings.HasSuffix(s, p) {
					return of(s)
				}
				return of(s + p)
			}), nil
		},
		Examples: []Example{
			{Pipe: "suffix ' Hospital'", In: "Mercy", Out: "Mercy Hospital"},
			{Pipe: "suffix ' Hospital'", In: "Mercy Hospital", Out: "Mercy Hospital"},
		},
	},
	{
		Name: "title", In: []Type{Any}, Out: "string",
		Doc: "Writes names with capital first letters: O'Neil, McDonald, Smith-Jones, van der Berg. " +
			"Words that already mix capitals and small letters stay as they are.",
		Compile: plain(titleCase),
		Examples: []Example{
			{Pipe: "title", In: "o'neil", Out: "O'Neil"},
			{Pipe: "title", In: "ANA MCDONALD VAN DER BERG", Out: "Ana McDonald van der Berg"},
			{Pipe: "title", In: "DeVries", Out: "DeVries"},
		},
	},
	{
		Name: "trim", In: []Type{Any}, Out: "string", Doc: "Removes white space at both ends.",
		Compile: plain(strings.TrimSpace),
		Examples: []Example{
			{Pipe: "trim", In: "\u00a0 Ana ", Out: "Ana"},
			{Pipe: "trim", In: "   ", OutNull: true},
		},
	},
	{
		Name: "upper", In: []Type{Any}, Out: "string", Doc: "Writes all letters large.",
		Compile: plain(strings.ToUpper),
		Examples: []Example{
			{Pipe: "upper", In: "f", Out: "F"},
			{Pipe: "upper", In: "É", Out: "É"},
		},
	},
	{
		Name: "xhtml", In: []Type{Any}, Out: "xhtml",
		Doc:     "Makes the div of a narrative of plain text: each line a paragraph.",
		Compile: plain(xhtmlOf),
		Examples: []Example{
			{Pipe: "xhtml", In: "BP < 120\nfine & well", Out: `<div xmlns="http://www.w3.org/1999/xhtml"><p>BP &lt; 120</p><p>fine &amp; well</p></div>`},
			{Pipe: "xhtml", In: "Drug\tDose", Out: `<div xmlns="http://www.w3.org/1999/xhtml"><p>Drug | Dose</p></div>`},
		},
	},
}
