package workbook

import (
	"fmt"

	"chartlift/reports"
	"chartlift/reports/worksheet"
)

// signOff is the sheet that is printed and signed.
func signOff(s reports.Summary, output reports.Output) worksheet.Sheet {
	sheet := worksheet.Sheet{Name: "Sign-off", Columns: []worksheet.Column{
		{Title: "what", Width: 44}, {Title: "is", Width: 70, Editable: true}, {Title: "limit", Width: 16}, {Title: "verdict", Width: 16},
	}}
	add := func(what, is, limit, verdict string) {
		sheet.Rows = append(sheet.Rows, []worksheet.Cell{worksheet.Text(what), worksheet.Text(is), worksheet.Text(limit), {Text: verdict, Marked: verdict == reports.NotMet}})
	}
	total := s.Ledger.Total()
	add("verdict", s.Verdict.Title+": "+s.Verdict.Text, "", "")
	add("ledger", fmt.Sprintf("%d rows read = %d loaded + %d merged + %d filtered + %d rejected", total.Read, total.Loaded, total.Merged, total.Filtered, total.Rejected), "", "")
	for _, c := range s.Acceptance {
		is := fmt.Sprintf("%d of %d", c.Actual, c.Of)
		if c.Status == reports.NotMeasured {
			is = c.Why
		}
		add(c.Title, is, c.Limit, c.Status)
	}
	add("run", s.Run.ID, "", "")
	add("program", "chartlift "+s.Run.ToolVersion, "", "")
	add("mapping", s.Run.Mapping, "", "")
	add("mapping SHA-256", s.Run.MappingSHA256, "", "")
	add("target", s.Run.Target, "", "")
	seen := map[string]bool{}
	for _, f := range s.Sources {
		if !seen[f.Source] {
			seen[f.Source] = true
			add("source "+f.Source+" SHA-256", f.SHA256, "", "")
		}
	}
	if output.SHA256 != "" {
		add(fmt.Sprintf("output SHA-256, %d resources", output.Resources), output.SHA256, "", "")
	}
	for range 2 {
		add("name, role", "", "", "")
		add("date, signature", "", "", "")
	}
	return sheet
}

// ledger is the funnel: a line for each table, the sum below, the difference
// that must be 0.
func ledger(s reports.Summary) worksheet.Sheet {
	sheet := worksheet.Sheet{Name: "Ledger", Frozen: 2, Columns: []worksheet.Column{{Title: "table", Width: 34}, {Title: "source", Width: 34}}}
	for _, title := range []string{"read", "loaded", "merged", "filtered", "rejected", "difference"} {
		sheet.Columns = append(sheet.Columns, worksheet.Column{Title: title, Width: 12})
	}
	total := s.Ledger.Total()
	total.Table = "total"
	for _, t := range append(append([]reports.LedgerTable{}, s.Ledger.Tables...), total) {
		row := []worksheet.Cell{worksheet.Text(t.Table), worksheet.Text(t.Source)}
		for i, n := range []int64{t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected, t.Difference()} {
			cell := worksheet.Number(float64(n), 0)
			cell.Marked = i == 4 && n > 0 || i == 5 && n != 0
			row = append(row, cell)
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	return sheet
}

// leftBehind lists the tables that no mapping names, for somebody to say that
// they are not needed.
func leftBehind(s reports.Summary) worksheet.Sheet {
	sheet := worksheet.Sheet{Name: "Left behind", Frozen: 1, Columns: []worksheet.Column{
		{Title: "table", Width: 34},
		{Title: "source", Width: 34},
		{Title: "rows", Width: 12},
		{Title: "decision", Width: 18, Editable: true, Choices: []string{"not needed", "to be mapped", "to be archived"}},
		{Title: "why", Width: 40, Editable: true},
	}}
	for _, t := range s.Ledger.LeftBehind {
		sheet.Rows = append(sheet.Rows, []worksheet.Cell{worksheet.Text(t.Table), worksheet.Text(t.Source), worksheet.Number(float64(t.Rows), 0), worksheet.Text(""), worksheet.Text("")})
	}
	return sheet
}

// The words of the worklist's drop-down. A line with another word than the
// first keeps its code unmapped, whatever its target says.
const (
	codeMapped  = "map to target"
	codeKept    = "keep as text"
	codeDropped = "not needed"
	codeUnsure  = "ask somebody"
)

// titleDecision heads the column of the drop-down.
const titleDecision = "decision"

// WorklistColumns are the columns of the worklist that crosswalks read; the
// first four must be there.
func WorklistColumns() []string {
	return []string{"crosswalk", "code", titleDecision, "target", "system", "display", "target_display", "target_system", "equivalence"}
}

// Undecided reports whether a line of the worklist, by the titles of
// WorklistColumns, is not to be mapped.
func Undecided(cells map[string]string) bool {
	return cells["target"] == "" || cells[titleDecision] != "" && cells[titleDecision] != codeMapped
}

// worklist has a line for each unmapped code, with columns to fill in.
func (b *builder) worklist() worksheet.Sheet {
	t := b.query("unmapped-codes")
	sheet := worksheet.Sheet{Name: "Worklist", Frozen: 3, Columns: []worksheet.Column{
		{Title: "crosswalk", Width: 18},
		{Title: "code", Width: 18},
		{Title: "display", Width: 34},
		{Title: "system", Width: 22},
		{Title: "uses", Width: 9},
		{Title: "percent so far", Width: 13},
		{Title: titleDecision, Width: 16, Editable: true, Choices: []string{codeMapped, codeKept, codeDropped, codeUnsure}},
		{Title: "target", Width: 18, Editable: true},
		{Title: "target_display", Width: 34, Editable: true},
		{Title: "target_system", Width: 28, Editable: true},
		{Title: "equivalence", Width: 14, Editable: true, Choices: []string{"equal", "equivalent", "wider", "narrower", "relatedto"}},
		{Title: "comment", Width: 30, Editable: true},
	}}
	at := map[string]int{}
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	for _, row := range t.Rows[:min(len(t.Rows), most)] {
		cells := []worksheet.Cell{
			worksheet.Text(row[at["crosswalk"]]), worksheet.Text(row[at["code"]]), worksheet.Text(row[at["display"]]), worksheet.Text(row[at["system"]]),
			cellOf(t.Columns[at["uses"]], row[at["uses"]]), cellOf(t.Columns[at["percent_so_far"]], row[at["percent_so_far"]]),
		}
		for len(cells) < len(sheet.Columns) {
			cells = append(cells, worksheet.Text(""))
		}
		sheet.Rows = append(sheet.Rows, cells)
	}
	return sheet
}
