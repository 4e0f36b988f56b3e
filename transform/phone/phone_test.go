package phone_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var update = flag.Bool("update", false, "write the table of numbering plans anew")

func TestTheTableIsWhatTheLibraryKnows(t *testing.T) {
	t.Parallel()
	want := tableOf(t)
	if *update {
		if err := os.WriteFile("plans_gen.txt", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("plans_gen.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("plans_gen.txt is not what the library knows now; go test ./transform/phone -update writes it")
	}
}

// tableOf returns the table in the form that the package reads.
func tableOf(t *testing.T) string {
	t.Helper()
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range all.GetMetadata() {
		region, code := m.GetId(), int(m.GetCountryCode())
		regions := phonenumbers.GetRegionCodesForCountryCode(code)
		speaks := ""
		if region == regions[0] {
			speaks = "speaks"
		}
		if region == "001" {
			region = fmt.Sprintf("001-%d", code)
		} else if !phonenumbers.GetSupportedRegions()[region] {
			t.Errorf("the library has a plan of %s that it does not use", region)
		}
		desc := m.GetGeneralDesc()
		cells := []string{
			region, fmt.Sprint(code), speaks, m.GetInternationalPrefix(), m.GetNationalPrefixForParsing(), m.GetNationalPrefixTransformRule(),
			desc.GetNationalNumberPattern(), strings.Trim(fmt.Sprint(desc.GetPossibleLength()), "[]"), strings.Trim(fmt.Sprint(desc.GetPossibleLengthLocalOnly()), "[]"),
		}
		for _, c := range cells {
			if strings.ContainsAny(c, "\t\n") {
				t.Errorf("%s: %q cannot be a cell", region, c)
			}
		}
		lines = append(lines, strings.Join(cells, "\t")+"\n")
	}
	slices.SortFunc(lines, cmp.Compare)
	return strings.Join(lines, "")
}
