package main

import "chartlift/fhir"

// placed puts one of the values into a site of the type.
func placed(typ string, values ...string) func(*mutation) bool {
	return at(func(s site) bool { return s.e.Type == typ && s.v.kind == object }, func(m *mutation, s site) {
		s.replace(literal(m.one(values...)))
	})
}

// ruleKinds break invariants.
func ruleKinds() []kind {
	return []kind{
		{"period that ends before it starts", placed("Period",
			`{"start":"2020","end":"2019"}`, `{"start":"2020-01-02","end":"2020-01-01"}`, `{"start":"2020-01-01T10:00:00Z","end":"2020-01-01T10:00:00+01:00"}`, `{"start":"2020","end":"2020-05"}`,
			`{"start":"2020-01-01","end":"2020-01-01T10:00:00Z"}`, `{"start":"2020-01-01T10:00:00Z","end":"2020-01-01"}`, `{"start":"2020","end":"2020"}`, `{"start":"2020-05","end":"2020"}`, `{"start":"2020-01-01T00:00:00.1Z","end":"2020-01-01T00:00:00Z"}`)},
		{"range whose low is above its high", placed("Range",
			`{"low":{"value":2},"high":{"value":1}}`, `{"low":{"value":2,"unit":"m"},"high":{"value":1,"unit":"km"}}`, `{"low":{"value":1,"system":"http://unitsofmeasure.org","code":"g"},"high":{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}}`,
			`{"low":{"value":1,"comparator":"<"},"high":{"value":3}}`, `{"low":{"value":10},"high":{"value":9.99}}`, `{"low":{"value":2,"system":"http://unitsofmeasure.org","code":"g"},"high":{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}}`,
			`{"low":{"unit":"m"},"high":{"value":1}}`)},
		{"ratio, money or sampled data", func(m *mutation) bool {
			s, ok := m.pick(ofType("Ratio", "Money", "SampledData", "Age", "Duration", "Count", "Distance"))
			if !ok || s.v.kind != object {
				return false
			}
			s.replace(literal(m.one(`{"numerator":{"value":1}}`, `{"denominator":{"value":1}}`, `{"value":-1}`, `{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}`, `{"value":1.5,"system":"http://unitsofmeasure.org","code":"1"}`, `{"code":"a","system":"http://unitsofmeasure.org"}`)))
			return true
		}},
		{"attachment, identifier or contact point", func(m *mutation) bool {
			s, ok := m.pick(ofType("Attachment", "ContactPoint", "Identifier", "Timing", "Dosage", "HumanName", "Annotation", "Signature"))
			if !ok || s.v.kind != object {
				return false
			}
			s.replace(literal(m.one(`{"data":"aGVsbG8="}`, `{"value":"x"}`, `{"system":"phone"}`, `{"rank":0}`, `{"repeat":{"duration":1}}`, `{"repeat":{"period":1}}`, `{"repeat":{"frequency":1,"period":-1,"periodUnit":"d"}}`, `{"repeat":{"when":["ACM"],"timeOfDay":["10:00:00"]}}`, `{"repeat":{"offset":5}}`, `{"repeat":{"countMax":2}}`, `{"hash":"aGVsbG8=","size":5}`, `{"text":"x"}`)))
			return true
		}},
		{"status that asks for other elements", at(func(s site) bool { return s.e.Name == "status" && s.depth == 0 && bound(s) && isPrimitive(s) }, func(m *mutation, s site) {
			s.replace(textOf(s.e.Binding.Codes[m.rng.IntN(len(s.e.Binding.Codes))].Code))
		})},
		{"several optional elements that were not there before", func(m *mutation) bool {
			done := false
			for range 3 {
				done = m.add(m.root, m.def) || done
			}
			return done
		}},
		{"backbone element with one child only", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool {
				return s.e.Def().Kind == fhir.Backbone && s.v.kind == object && len(s.v.members) > 1
			})
			if ok {
				s.v.members = s.v.members[:1]
			}
			return ok
		}},
		{"codes drawn anew", func(m *mutation) bool {
			done := false
			for _, s := range m.sites {
				if bound(s) && isPrimitive(s) && m.rng.IntN(2) == 0 {
					s.replace(textOf(s.e.Binding.Codes[m.rng.IntN(len(s.e.Binding.Codes))].Code))
					done = true
				}
			}
			return done
		}},
		{"resource made from the definitions", func(m *mutation) bool {
			m.root = (&maker{rng: m.rng, share: []float64{0.15, 0.3, 0.5}[m.rng.IntN(3)]}).resource(m.def.Name)
			return m.root != nil
		}},
	}
}
