//go:build ignore

// The conversion as it is first written in Go, with maps and encoding/json: naive DATA OUT.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
)

type object map[string]any

func main() {
	data, out := os.Args[1], os.Args[2]
	for _, t := range []struct {
		table, resource string
		convert         func(map[string]string) object
	}{{"patients", "Patient", patient}, {"encounters", "Encounter", encounter}, {"observations", "Observation", observation}} {
		if err := convertFile(filepath.Join(data, t.table+".csv"), filepath.Join(out, t.resource+".ndjson"), t.convert); err != nil {
			log.Fatal(err)
		}
	}
}

func convertFile(from, to string, convert func(map[string]string) object) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	r := csv.NewReader(in)
	header, err := r.Read()
	for err == nil {
		var cells []string
		if cells, err = r.Read(); err == nil {
			row := map[string]string{}
			for i, name := range header {
				row[name] = cells[i]
			}
			err = lines.Encode(convert(row))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, w.Flush(), out.Close())
}

func reference(to, id string) object { return object{"reference": to + "/" + id} }

func patient(r map[string]string) object {
	gender, known := map[string]string{"M": "male", "F": "female"}[strings.ToUpper(r["GENDER"])]
	if !known {
		gender = "unknown"
	}
	return object{
		"resourceType": "Patient", "id": r["Id"],
		"identifier": []object{{"system": "urn:chartlift:bench:mrn", "value": r["Id"]}},
		"name":       []object{{"use": "official", "family": r["LAST"], "given": []string{r["FIRST"]}}},
		"gender":     gender, "birthDate": r["BIRTHDATE"],
	}
}

func encounter(r map[string]string) object {
	class, known := map[string]string{"inpatient": "IMP", "emergency": "EMER"}[r["ENCOUNTERCLASS"]]
	if !known {
		class = "AMB"
	}
	return object{
		"resourceType": "Encounter", "id": r["Id"], "status": "finished",
		"class":   object{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class},
		"subject": reference("Patient", r["PATIENT"]), "period": object{"start": r["START"], "end": r["STOP"]},
	}
}

func observation(r map[string]string) object {
	h := sha1.Sum([]byte(strings.Join([]string{r["DATE"], r["PATIENT"], r["ENCOUNTER"], r["CODE"], r["VALUE"]}, "|")))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	o := object{
		"resourceType": "Observation", "id": fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16]), "status": "final",
		"category": []object{{"coding": []object{{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": r["CATEGORY"]}}}},
		"code":     object{"coding": []object{{"system": "http://loinc.org", "code": r["CODE"], "display": r["DESCRIPTION"]}}, "text": r["DESCRIPTION"]},
		"subject":  reference("Patient", r["PATIENT"]), "encounter": reference("Encounter", r["ENCOUNTER"]),
		"effectiveDateTime": r["DATE"],
	}
	if r["TYPE"] == "numeric" {
		o["valueQuantity"] = object{"value": json.Number(r["VALUE"]), "unit": r["UNITS"], "system": "http://unitsofmeasure.org", "code": r["UNITS"]}
	} else {
		o["valueString"] = r["VALUE"]
	}
	return o
}
