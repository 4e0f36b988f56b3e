package reports

import (
	"fmt"
	"html/template"
	"io"
)

// PageForm is the form of the page: read, and looked through for what each of
// its places has to be kept safe from. That takes longer than to fill it in,
// and needs nothing of the run, so that a run does it while it has a processor
// to spare. It serves one page at a time.
type PageForm struct{ page *template.Template }

// wholePage has the page drawn where there is something to draw, so that the
// form can be looked through without a run.
const wholePage = `{{if .}}{{template "page" .}}{{end}}`

// NewPageForm reads the form.
func NewPageForm() (*PageForm, error) {
	// The functions need to be known by their names; Page puts those of its run
	// in their place.
	whole := template.New("whole").Funcs(pageFuncs(Summary{}, PageOptions{}))
	if _, err := whole.Parse(wholePage); err != nil {
		return nil, fmt.Errorf("read the form of the page: %w", err)
	}
	if _, err := whole.New("page").Parse(serverHTML + pageHTML); err != nil {
		return nil, fmt.Errorf("read the form of the page: %w", err)
	}
	// html/template looks a template through when it is first asked to draw it.
	if err := whole.Execute(io.Discard, nil); err != nil {
		return nil, fmt.Errorf("read the form of the page: %w", err)
	}
	return &PageForm{whole}, nil
}

// draw writes the page of a run.
func (f *PageForm) draw(w io.Writer, v pageView, funcs template.FuncMap) error {
	return f.page.Funcs(funcs).Execute(w, v)
}
