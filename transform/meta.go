package transform

import (
	"strings"

	"chartlift/mappings"
	"chartlift/transform/clean"
)

// inURI makes the value fit into a URI: names of files and sheets have blanks,
// which a URI has not.
func inURI(g getter) getter {
	blanks := strings.NewReplacer(" ", "%20", "\t", "%09", "\n", "%0A", "\r", "%0D", "\u00a0", "%C2%A0")
	return func(w *Worker) clean.Value {
		v := g(w)
		if strings.ContainsAny(v.Text, " \t\r\n\u00a0") {
			v.Text = blanks.Replace(v.Text)
		}
		return v
	}
}

// meta binds the meta element, which the map and output.meta give.
func (b *binder) meta(out *boundMap) error {
	o := b.binding.engine.prog.Output
	if len(out.def.Profiles) == 0 && len(o.Source) == 0 && len(o.Tags) == 0 {
		return nil
	}
	text := `"meta":{`
	if len(o.Source) > 0 {
		text += `"source":"`
		for _, p := range o.Source {
			text += string(appendEscaped(nil, p.Const))
			if p.Operand == nil {
				continue
			}
			g, err := b.operand(p.Operand)
			if err != nil {
				return err
			}
			out.meta = append(out.meta, metaPart{bytes: []byte(text), operand: inURI(g)})
			text = ""
		}
		text += `",`
	}
	if len(out.def.Profiles) > 0 {
		text += `"profile":["` + strings.Join(out.def.Profiles, `","`) + `"],`
	}
	if len(o.Tags) > 0 {
		text += `"tag":[`
		for i, t := range o.Tags {
			if i > 0 {
				text += ","
			}
			text += string(appendCoding(nil, mappings.Target{System: t.System, Code: t.Code, Display: t.Display}))
		}
		text += "],"
	}
	out.meta = append(out.meta, metaPart{bytes: []byte(text[:len(text)-1] + "},")})
	return nil
}
