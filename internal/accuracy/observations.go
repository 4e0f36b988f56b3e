package main

import (
	"slices"
	"strings"
)

// observationKey pairs Observations; a panel is known by the codes of its
// components, because the CSV has no code for the panel itself.
func observationKey(_ *side, r *resource) string {
	var codes []string
	r.eachPart(func(code concept, _ part) { codes = append(codes, code.code()) })
	slices.Sort(codes)
	return strings.Join([]string{r.patient(), id(r.Encounter.Reference), strings.Join(codes, ","), moment(r.EffectiveDateTime)}, " ")
}

func observationFields() []field {
	return append(with(codeFields(), status(), subject(), encounter(), categories(),
		text("effective", func(r *resource) string { return r.EffectiveDateTime }),
		list("all codings", codings),
		list("component code", func(r *resource) []string {
			var out []string
			for _, c := range r.Component {
				out = append(out, c.Code.code())
			}
			return out
		})), valueFields()...)
}

// valueFields compares values as CODE=VALUE, so that those of two components
// cannot be exchanged unseen.
func valueFields() []field {
	return []field{
		quantities("value", func(q *quantity) string { return q.Value.String() }),
		quantities("unit", func(q *quantity) string { return q.Unit }),
		quantities("unit code", func(q *quantity) string { return q.System + "|" + q.Code }),
		parts("coded value", func(p part) string {
			if p.ValueConcept == nil || len(p.ValueConcept.Coding) == 0 {
				return ""
			}
			return p.ValueConcept.Coding[0].System + "|" + p.ValueConcept.code()
		}),
		parts("value text", func(p part) string {
			if p.ValueConcept == nil {
				return ""
			}
			return p.ValueConcept.Text
		}),
		parts("string value", func(p part) string { return p.ValueString }),
	}
}

func parts(name string, value func(part) string) field {
	return list(name, func(r *resource) []string {
		var out []string
		r.eachPart(func(code concept, p part) {
			if v := value(p); v != "" {
				out = append(out, code.code()+"="+v)
			}
		})
		return out
	})
}

func quantities(name string, value func(*quantity) string) field {
	return parts(name, func(p part) string {
		if p.ValueQuantity == nil {
			return ""
		}
		return value(p.ValueQuantity)
	})
}

func codings(r *resource) []string {
	var out []string
	for _, c := range r.Code.Coding {
		out = append(out, c.System+"|"+c.Code)
	}
	return out
}

func imagingFields() []field {
	each := func(name string, value func(s series) []string) field {
		return list(name, func(r *resource) []string {
			var out []string
			for _, s := range r.Series {
				out = append(out, value(s)...)
			}
			return out
		})
	}
	images := func(name string, value func(uid, class, title string) string) field {
		return each(name, func(s series) []string {
			var out []string
			for _, i := range s.Instance {
				out = append(out, value(i.UID, i.SOPClass.System+"|"+i.SOPClass.Code, i.Title))
			}
			return out
		})
	}
	return []field{
		status(), subject(), encounter(),
		text("started", func(r *resource) string { return r.Started }),
		list("procedure", func(r *resource) []string {
			var out []string
			for _, c := range r.ProcedureCode {
				out = append(out, c.code())
			}
			return out
		}),
		each("series UID", func(s series) []string { return []string{s.UID} }),
		each("series start", func(s series) []string { return []string{s.Started} }),
		each("modality", func(s series) []string { return []string{s.Modality.Code + "|" + s.Modality.Display} }),
		each("modality system", func(s series) []string { return []string{s.Modality.System} }),
		each("body site", func(s series) []string { return []string{s.BodySite.System + "|" + s.BodySite.Code} }),
		images("image UID", func(uid, _, _ string) string { return uid }),
		images("SOP class", func(uid, class, _ string) string { return uid + "=" + class }),
		images("image title", func(uid, _, title string) string { return uid + "=" + title }),
	}
}
