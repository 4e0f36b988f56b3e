package draft

import (
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// SiteFile is the name of the mapping that extends a shipped one in the project
// folder.
const SiteFile = "mapping/site.yaml"

// Site writes the mapping of a project that uses a shipped mapping: it extends
// it by what this site calls otherwise. Columns of the same role are renamed,
// others are left as a comment.
func (f Fit) Site(prog *mappings.Program, o Options) File {
	w := &writer{}
	w.line(0, "# What this site does otherwise than the shipped mapping: chartlift mappings show "+prog.ID+" prints that, --effective the two together.", "")
	w.line(0, "chartlift: 1", "")
	w.line(0, "id: "+scalar(o.ID), "")
	w.line(0, "version: 0.1.0", "")
	w.line(0, "extends: "+scalar(prog.ID+"@"+prog.Version), "another version is refused until you have looked at it")
	if _, ok := prog.Params["site"]; ok {
		w.line(0, "params: { site: "+inFlow(o.ID)+" }", "part of every generated id: never change it after a load")
	}
	if o.Timezone != "" {
		w.line(0, "defaults: { timezone: "+inFlow(o.Timezone)+" }", "given to init")
	}
	f.renames(w)
	return File{Name: SiteFile, Content: []byte(w.String())}
}

// renames writes the columns that have other names here. The key sources only
// stands where one of them does.
func (f Fit) renames(w *writer) {
	sure := 0
	for _, p := range f.Found {
		for _, r := range p.Renames {
			if r.Sure {
				sure++
			}
		}
	}
	w.line(0, "", "")
	if sure == 0 {
		w.line(0, "# sources:", "columns that have other names here: actual name: name in the mapping")
	} else {
		w.line(0, "sources:", "")
	}
	seen := map[string]bool{}
	for _, p := range f.Found {
		if len(p.Renames) == 0 || seen[p.Source.Name] {
			continue
		}
		seen[p.Source.Name] = true // one source of several files
		w.renamesOf(p)
	}
}

func (w *writer) renamesOf(p Pair) {
	off := true
	for _, r := range p.Renames {
		off = off && !r.Sure
	}
	w.put(2, p.Source.Name+":", p.Table.Source+", "+issue.Count(p.Table.Rows, "row"), off)
	w.put(4, "rename:", "", off)
	for _, r := range p.Renames {
		note := r.Why
		if !r.Sure {
			note = "guess: " + note
		}
		w.put(6, scalar(r.Actual)+": "+scalar(r.Wanted), note, !r.Sure)
	}
}
