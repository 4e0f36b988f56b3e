package extract

import "chartlift/internal/issue"

// Codes lists the stable codes of the extract room, of its formats as well:
// those of issues and those of [OpenError], sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "bad-bytes", Title: "bytes that are no characters in the file's encoding", Fix: "set encoding: for this source, or repair the row in the export"},
		{Code: "bad-cell", Title: "a spreadsheet cell shows an error such as #N/A", Fix: "correct the formula or the value; it is read as NULL"},
		{Code: "bad-sql", Title: "a statement of the dump could not be read", Fix: "look at the line named; the dump may be cut short or of another dialect"},
		{Code: "bad-xml", Title: "a clinical document that is no well-formed XML, is cut short, or goes beyond the bounds of what is read", Fix: "look at the line named; export the document again"},
		{Code: "bomb", Title: "a compressed file that grows beyond all measure", Fix: "decompress it by hand if you trust it"},
		{Code: "broken-view", Title: "a view of the database that cannot be read", Fix: "read the tables behind it; the view refers to what is not there"},
		{Code: "cell-too-long", Title: "a spreadsheet cell holds more than 1 MiB", Fix: "see what was pasted into the cell; Excel itself allows 32,767 characters"},
		{Code: "convert-first", Title: "a kind of file that is recognised but not read", Fix: "convert it with the command in the message"},
		{Code: "cut-short", Title: "the file ends in the middle of a message or batch", Fix: "copy or export it again"},
		{Code: DumpCut, Title: "an SQL dump ends too early", Fix: "see whether the disk was full or the copy broke off; export it again and run again with all of it"},
		{Code: "empty-file", Title: "the file has no bytes", Fix: "export it again, or leave it out"},
		{Code: "encoding-guessed", Title: "the character encoding had to be guessed", Fix: "set encoding: for this source after looking at a name with accents"},
		{Code: FileDamaged, Title: "a compressed file was cut short or damaged", Fix: "copy it again and run again with all of it; where it is not merely cut, values before the damage may be changed, too"},
		{Code: "hidden-cells", Title: "rows or columns of the sheet are hidden", Fix: "ask why they were hidden; set hidden: skip to leave them out"},
		{Code: "hidden-sheet", Title: "the sheet is hidden", Fix: "ask why it was hidden; set hidden: skip to leave it out"},
		{Code: "is-a-directory", Title: "a folder was given where a file is needed", Fix: "name a file, or give the folder as --source"},
		{Code: "joined-lines", Title: "lines of a message begin with no segment and were joined to the one before", Fix: "compare the text; line ends inside a text are written \\.br\\"},
		{Code: "merged-cells", Title: "cells below the header are merged, so that only the first of them has the value", Fix: "set merged: fill if the value holds for all of them"},
		{Code: "message-count", Title: "a batch says that it has another number of messages", Fix: "see whether messages were lost when the batch was made"},
		{Code: "no-cached-value", Title: "a formula was saved without its result", Fix: "open the workbook in Excel or LibreOffice and save it, which computes the formulas"},
		{Code: "no-header", Title: "the first row looks like data, not like column names", Fix: "set header: 1 if it is a header, header: none if there is none"},
		{Code: "no-line-end", Title: "the last row of the file has no line end", Fix: "see whether the row is whole; a copy that broke off ends like that"},
		{Code: "no-message-header", Title: "a message does not begin with MSH", Fix: "repair the message in the file, or remove it"},
		{Code: "no-rows", Title: "the table has no rows", Fix: "see whether the export was cut short"},
		{Code: "no-such-file", Title: "the file does not exist", Fix: "correct the path"},
		{Code: "not-a-table", Title: "text that is no table, such as a README", Fix: "leave it; give it the ending .csv if it is a list of one column"},
		{Code: "nul-byte", Title: "NUL bytes stood in a value and were removed", Fix: "compare the value with the old system"},
		{Code: "numbers-moved", Title: "a message of a feed merges, moves or renames a visit, an account or a number of a patient", Fix: "do it in the target, or export again behind it"},
		{Code: "odd-separators", Title: "MSH-1 and MSH-2 do not name the separators of the message", Fix: "repair the header; | ^ ~ \\ & were taken"},
		{Code: "password", Title: "the file is protected by a password", Fix: "open it with the password in the program that made it, and save a copy without"},
		{Code: "patient-merged", Title: "a message of a feed merges one patient into another, or changes the number", Fix: "see that the chart of the number in MRG-1 does not live on, also where an earlier run delivered it"},
		{Code: "patients-linked", Title: "a message of a feed links two patients, or takes that back", Fix: "do it in the target"},
		{Code: "ragged-row", Title: "the row has more or fewer cells than the header", Fix: "repair the row, or set ragged: pad where missing cells at the end are meant to be empty"},
		{Code: "record-deleted", Title: "a message of a feed deletes a visit or a person", Fix: "ask the sender whether it was an error; see what became of the chart, also where an earlier run delivered it"},
		{Code: "record-too-long", Title: "one record is longer than 16 MiB", Fix: "look at the line named: its quoting or its line ends are probably broken"},
		{Code: "repeated-header", Title: "a row repeats the header of the table, as in a file that was joined from several", Fix: "nothing is lost; see whether all of the joined files are there, and have the same columns"},
		{Code: "several-files", Title: "an archive holds several files", Fix: "name one of them as archive.zip!file, or give the archive as --source"},
		{Code: "skipped-lines", Title: "lines before the header were left out", Fix: "set header: to the number of the header line if the wrong one was taken"},
		{Code: "text-after-quote", Title: "text follows a closing quote", Fix: "see whether quotes inside the value were meant; the text was kept"},
		{Code: "unclosed-quote", Title: "a quoted cell is never closed", Fix: "close or double the quote in the line named"},
		{Code: "unknown-column", Title: "an INSERT names a column that its table does not have", Fix: "see whether the dump mixes versions of the table"},
		{Code: "unknown-encoding", Title: "the encoding asked for is not known", Fix: "use an IANA name such as windows-1252, iso-8859-1 or utf-16le"},
		{Code: "unknown-format", Title: "no format recognises the file", Fix: "export it as CSV, XLSX or an SQL dump"},
		{Code: "unreadable", Title: "the file cannot be opened or decompressed", Fix: "see its permissions, and whether it was copied whole"},
	}
}
