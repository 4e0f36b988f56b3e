package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// The shape of Synthea's export: observations come in encounters, encounters in
// patients.
const (
	perEncounter = 5
	perPatient   = 50
)

// dataVersion names the folder of the data: raise it where the data changes.
const dataVersion = "v1"

// kind is one kind of observation. With texts the value is one of them,
// otherwise a number from low to high.
type kind struct {
	category, code, display, unit string
	low, high                     float64
	decimals                      int
	texts                         []string
}

// kinds returns what is observed: the commonest rows of Synthea's own files.
func kinds() []kind {
	present := []string{"Not detected in urine (finding)", "Present (qualifier value)"}
	return []kind{
		{"vital-signs", "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}", 0, 10, 1, nil},
		{"vital-signs", "8480-6", "Systolic Blood Pressure", "mm[Hg]", 95, 160, 1, nil},
		{"vital-signs", "8462-4", "Diastolic Blood Pressure", "mm[Hg]", 60, 110, 1, nil},
		{"vital-signs", "29463-7", "Body Weight", "kg", 3, 130, 1, nil},
		{"vital-signs", "8302-2", "Body Height", "cm", 50, 195, 1, nil},
		{"vital-signs", "9279-1", "Respiratory rate", "/min", 12, 16, 1, nil},
		{"vital-signs", "8867-4", "Heart rate", "/min", 60, 100, 1, nil},
		{"vital-signs", "39156-5", "Body mass index (BMI) [Ratio]", "kg/m2", 16, 38, 2, nil},
		{"laboratory", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4, 9, 2, nil},
		{"laboratory", "2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 65, 180, 2, nil},
		{"laboratory", "6299-2", "Urea nitrogen [Mass/volume] in Blood", "mg/dL", 7, 30, 2, nil},
		{"laboratory", "38483-4", "Creatinine [Mass/volume] in Blood", "mg/dL", 0.5, 4, 2, nil},
		{"laboratory", "2947-0", "Sodium [Moles/volume] in Blood", "mmol/L", 136, 144, 2, nil},
		{"laboratory", "6298-4", "Potassium [Moles/volume] in Blood", "mmol/L", 3.7, 5.2, 2, nil},
		{"laboratory", "33914-3", "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)", "mL/min/{1.73_m2}", 5, 120, 1, nil},
		{"laboratory", "5767-9", "Appearance of Urine", "{nominal}", 0, 0, 0, []string{"Cloudy urine (finding)", "Urine appears clear (finding)"}},
		{"laboratory", "5794-3", "Hemoglobin [Presence] in Urine by Test strip", "{nominal}", 0, 0, 0, present},
		{"social-history", "72166-2", "Tobacco smoking status", "", 0, 0, 0, []string{"Never smoked tobacco (finding)", "Ex-smoker (finding)", "Smokes tobacco daily (finding)"}},
		{"survey", "93038-8", "Stress level", "", 0, 0, 0, []string{"Somewhat", "A little bit", `I choose not to answer, "none"`}},
		{"survey", "76437-3", "Primary insurance", "", 0, 0, 0, []string{"Medicaid", "Medicare", "Private insurance"}},
	}
}

// tableNames are the files of the data; the last one holds the rows that are
// counted.
var tableNames = [...]string{"patients", "encounters", "observations"}

// generator writes the three tables side by side.
type generator struct {
	random *rand.Rand
	kinds  []kind
	out    [len(tableNames)]*bufio.Writer
	line   []byte
}

// makeData returns the folder under cache that holds tables with so many
// observations, making it if it is not there.
func makeData(cache string, rows int) (string, error) {
	dir := filepath.Join(cache, fmt.Sprintf("data-%s-%d", dataVersion, rows))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	// Under another name until it is whole: a run that was stopped leaves no
	// half data.
	part := dir + ".part"
	if err := os.MkdirAll(part, 0o700); err != nil {
		return "", fmt.Errorf("make data: %w", err)
	}
	if err := writeTables(part, rows); err != nil {
		return "", fmt.Errorf("make data: %w", err)
	}
	return dir, os.Rename(part, dir)
}

func writeTables(dir string, rows int) (err error) {
	g := &generator{random: rand.New(rand.NewPCG(4, 2)), kinds: kinds()}
	for i, name := range tableNames {
		f, err := os.OpenFile(filepath.Join(dir, name+".csv"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		g.out[i] = bufio.NewWriterSize(f, 1<<18)
		defer func() { err = errors.Join(err, g.out[i].Flush(), f.Close()) }()
	}
	fmt.Fprintln(g.out[0], "Id,BIRTHDATE,FIRST,LAST,GENDER")
	fmt.Fprintln(g.out[1], "Id,START,STOP,PATIENT,ENCOUNTERCLASS,CODE,DESCRIPTION")
	fmt.Fprintln(g.out[2], "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE")
	for done := 0; done < rows; done += perPatient {
		g.patient(min(perPatient, rows-done))
	}
	return nil
}

// patient writes one patient with n observations.
func (g *generator) patient(n int) {
	id := g.uuid()
	born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, g.random.IntN(80*365))
	fmt.Fprintf(g.out[0], "%s,%s,Given%d,Family%d,%s\n", id, born.Format(time.DateOnly), g.random.IntN(1000), g.random.IntN(1000), g.one("F", "M"))
	at := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; n > 0; n -= perEncounter {
		at = at.Add(time.Duration(1+g.random.IntN(700*24*3600)) * time.Second)
		g.encounter(id, at, min(n, perEncounter))
	}
}

func (g *generator) encounter(patient string, at time.Time, n int) {
	id := g.uuid()
	class := g.one("ambulatory", "outpatient", "wellness", "emergency", "inpatient")
	start := at.Format(time.RFC3339)
	fmt.Fprintf(g.out[1], "%s,%s,%s,%s,%s,185345009,Encounter for symptom\n", id, start, at.Add(20*time.Minute).Format(time.RFC3339), patient, class)
	for range n {
		k := &g.kinds[g.random.IntN(len(g.kinds))]
		b := append(g.line[:0], start...)
		for _, cell := range []string{patient, id, k.category, k.code, k.display} {
			b = append(append(b, ','), cell...)
		}
		b = g.value(append(b, ','), k)
		b = append(append(b, ','), k.unit...)
		if k.texts == nil {
			b = append(b, ",numeric\n"...)
		} else {
			b = append(b, ",text\n"...)
		}
		g.line = b
		g.out[2].Write(b) // an error stays with the writer until Flush
	}
}

func (g *generator) value(b []byte, k *kind) []byte {
	if k.texts == nil {
		return strconv.AppendFloat(b, k.low+g.random.Float64()*(k.high-k.low), 'f', k.decimals, 64)
	}
	return appendCell(b, g.one(k.texts...))
}

// appendCell quotes a text that has commas or quotes in it.
func appendCell(b []byte, text string) []byte {
	mark := len(b)
	b = append(b, '"')
	quoted := false
	for i := range len(text) {
		quoted = quoted || text[i] == ',' || text[i] == '"'
		if text[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, text[i])
	}
	if quoted {
		return append(b, '"')
	}
	return append(b[:mark], text...)
}

func (g *generator) one(of ...string) string { return of[g.random.IntN(len(of))] }

func (g *generator) uuid() string {
	a, b := g.random.Uint64(), g.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}
