package main

import "strings"

func patientFields() []field {
	one := func(name string, value func(humanName) []string, use string) field {
		return list(name, func(r *resource) []string {
			for _, n := range r.Name.Names {
				if n.Use == use {
					return value(n)
				}
			}
			return nil
		})
	}
	return append([]field{
		one("family name", func(n humanName) []string { return []string{n.Family} }, "official"),
		one("given names", func(n humanName) []string { return n.Given }, "official"),
		one("prefix", func(n humanName) []string { return n.Prefix }, "official"),
		one("suffix", func(n humanName) []string { return n.Suffix }, "official"),
		one("maiden name", func(n humanName) []string { return []string{n.Family} }, "maiden"),
		text("gender", func(r *resource) string { return r.Gender }),
		text("birth date", func(r *resource) string { return r.BirthDate }),
		text("death date", func(r *resource) string { return r.DeceasedDateTime }),
		text("marital status", func(r *resource) string { return r.MaritalStatus.code() }),
		identifier("MRN", "MR"), identifier("SSN", "SS"), identifier("driver's license", "DL"), identifier("passport", "PPN"),
		list("race", usCore("us-core-race", "ombCategory")), list("race text", usCore("us-core-race", "text")),
		list("ethnicity", usCore("us-core-ethnicity", "ombCategory")),
		list("birth sex", func(r *resource) []string { return []string{find(r.Extension, "us-core-birthsex").ValueCode} }),
		list("birth place", func(r *resource) []string {
			a := find(r.Extension, "patient-birthPlace").ValueAddress
			return []string{a.City + "|" + a.State + "|" + a.Country}
		}),
		list("latitude", position("latitude")), list("longitude", position("longitude")),
	}, addressFields()...)
}

func find(in []extension, name string) extension {
	for _, e := range in {
		if e.URL == name || strings.HasSuffix(e.URL, "/"+name) {
			return e
		}
	}
	return extension{}
}

// usCore gives the value of a part of one of US Core's extensions.
func usCore(name, part string) func(*resource) []string {
	return func(r *resource) []string {
		p := find(find(r.Extension, name).Extension, part)
		return []string{strings.Trim(p.ValueCoding.System+"|"+p.ValueCoding.Code+"|"+p.ValueString, "|")}
	}
}

func position(part string) func(*resource) []string {
	return func(r *resource) []string {
		var out []string
		for _, a := range r.Address {
			out = append(out, find(find(a.Extension, "geolocation").Extension, part).ValueDecimal.String())
		}
		return out
	}
}

func identifier(name, typ string) field {
	return list(name, func(r *resource) []string {
		for _, i := range r.Identifier {
			if i.Type.code() == typ {
				return []string{i.Value}
			}
		}
		return nil
	})
}

func addressFields() []field {
	each := func(name string, value func(address) []string) field {
		return list(name, func(r *resource) []string {
			var out []string
			for _, a := range r.Address {
				out = append(out, value(a)...)
			}
			return out
		})
	}
	return []field{
		each("address line", func(a address) []string { return a.Line }),
		each("city", func(a address) []string { return []string{a.City} }),
		each("state", func(a address) []string { return []string{a.State} }),
		each("postal code", func(a address) []string { return []string{a.PostalCode} }),
	}
}

func organizationFields() []field {
	return append([]field{
		text("name", func(r *resource) string { return r.Name.Text }),
		list("telecom", func(r *resource) []string {
			var out []string
			for _, t := range r.Telecom {
				out = append(out, t.Value)
			}
			return out
		}),
	}, addressFields()...)
}

func practitionerFields() []field {
	return append([]field{
		list("name", func(r *resource) []string {
			var out []string
			for _, n := range r.Name.Names {
				out = append(out, strings.Join(n.Given, " ")+" "+n.Family)
			}
			return out
		}),
		text("gender", func(r *resource) string { return r.Gender }),
	}, addressFields()...)
}

func encounterFields() []field {
	return with(codeFields(), status(), subject(), reasons(),
		text("class", func(r *resource) string { return r.Class.System + "|" + r.Class.Code }),
		text("start", func(r *resource) string { return r.Period.Start }),
		text("end", func(r *resource) string { return r.Period.End }),
		text("organization", func(r *resource) string { return id(r.ServiceProvider.Reference) }),
		field{"practitioner", func(s *side, r *resource) []string {
			var out []string
			for _, p := range r.Participant {
				out = append(out, s.practitioner(p.Individual.Reference))
			}
			return out
		}})
}

func categories() field {
	return list("category", func(r *resource) []string {
		var out []string
		for _, c := range r.Category {
			out = append(out, c.code())
		}
		return out
	})
}

func conditionFields() []field {
	return with(codeFields(), subject(), encounter(), categories(),
		text("clinical status", func(r *resource) string { return r.ClinicalStatus.code() }),
		text("verification status", func(r *resource) string { return r.Verification.code() }),
		text("onset", func(r *resource) string { return r.OnsetDateTime }),
		text("abatement", func(r *resource) string { return r.AbatementDateTime }),
		text("recorded", func(r *resource) string { return r.RecordedDate }))
}

func allergyFields() []field {
	reaction := func(name string, value func(code, severity string) string) field {
		return list(name, func(r *resource) []string {
			var out []string
			for _, re := range r.Reaction {
				for _, m := range re.Manifestation {
					out = append(out, value(m.code(), re.Severity))
				}
			}
			return out
		})
	}
	return with(codeFields(), subject(), categories(),
		text("type", func(r *resource) string { return r.Kind.Code }),
		text("clinical status", func(r *resource) string { return r.ClinicalStatus.code() }),
		text("verification status", func(r *resource) string { return r.Verification.code() }),
		text("recorded", func(r *resource) string { return r.RecordedDate }),
		reaction("reaction", func(code, _ string) string { return code }),
		reaction("severity", func(code, severity string) string { return strings.TrimSuffix(code+"="+severity, "=") }))
}

func medicationFields() []field {
	return with(codeFields(), status(), subject(), encounter(), reasons(),
		text("intent", func(r *resource) string { return r.Intent }),
		text("authored", func(r *resource) string { return r.AuthoredOn }),
		field{"requester", func(s *side, r *resource) []string { return []string{s.practitioner(r.Requester.Reference)} }})
}

func immunizationFields() []field {
	return with(codeFields(), status(), subject(), encounter(), text("occurrence", func(r *resource) string { return r.OccurrenceDate }))
}

func procedureFields() []field {
	return with(codeFields(), status(), subject(), encounter(), reasons(),
		text("start", func(r *resource) string { return r.PerformedPeriod.Start }),
		text("end", func(r *resource) string { return r.PerformedPeriod.End }))
}

func careplanFields() []field {
	return with(codeFields(), status(), subject(), encounter(), reasons(),
		text("intent", func(r *resource) string { return r.Intent }),
		text("start", func(r *resource) string { return r.Period.Start }),
		text("end", func(r *resource) string { return r.Period.End }))
}

func udi(r *resource) string {
	if len(r.UDICarrier) == 0 {
		return ""
	}
	return r.UDICarrier[0].CarrierHRF
}

func deviceFields() []field {
	return with(codeFields(), status(), subject(), text("UDI", udi),
		list("device identifier", func(r *resource) []string {
			var out []string
			for _, u := range r.UDICarrier {
				out = append(out, u.DeviceIdentifier, r.DistinctID)
			}
			return out
		}),
		text("lot number", func(r *resource) string { return r.LotNumber }),
		text("serial number", func(r *resource) string { return r.SerialNumber }))
}

func supplyFields() []field {
	return with(codeFields(), status(), subject(),
		text("quantity", func(r *resource) string { return r.SuppliedItem.Quantity.Value.String() }),
		text("occurrence", func(r *resource) string { return r.OccurrenceDate }))
}
