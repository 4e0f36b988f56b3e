package denial_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/internal/denial"
)

func TestDenialsAreReadInAnyDress(t *testing.T) {
	t.Parallel()
	for want, texts := range map[denial.Kind][]string{
		denial.AtAll:         {"None", "NONE", "none.", " none known ", "Nil", "No known allergies", "No Known  Allergies!", "no known allergy", "NKA", "N.K.A.", "(NKA)", "*** NKA ***", "No allergies", "- none -"},
		denial.ToDrugs:       {"NKDA", "nkda", "N.K.D.A.", "NKDA.", "No known drug allergies", "no known drug allergy", "No known medication allergies", "no drug allergies"},
		denial.ToFood:        {"NKFA", "No known food allergies"},
		denial.ToEnvironment: {"No known environmental allergies"},
		denial.Unclear:       {"Unknown", "unknown allergies", "No", "no known allergies to nuts, severe to bees", "NKDA, latex", "Denies allergy to latex", "denied", "Negative", "not asked", "Not known", "None except penicillin", "N/A", "not allergic to eggs", "no milk"},
		denial.Nothing:       {"", "Penicillin", "Nonoxynol", "Nonoxynol-9", "Nilotinib", "Nickel", "NSAIDs", "nkx", "Norfloxacin", "Noni juice", "Unknownium", "Peanuts: none else", "Nothing grows", strings.Repeat("x", 500), "Nöne"},
	} {
		for _, text := range texts {
			if got := denial.Of(text); got != want {
				t.Errorf("%q is %d, want %d", text, got, want)
			}
		}
	}
}

func TestEachDenialHasItsConcept(t *testing.T) {
	t.Parallel()
	for kind, want := range map[denial.Kind]string{
		denial.AtAll: "716186003 No known allergy", denial.ToDrugs: "409137002 No known drug allergy", denial.ToFood: "429625007 No known food allergy",
		denial.ToEnvironment: "428607008 No known environmental allergy", denial.Nothing: "", denial.Unclear: "",
	} {
		if code, display := kind.Concept(); strings.TrimSpace(fmt.Sprint(code, " ", display)) != want {
			t.Errorf("%d is %s %s", kind, code, display)
		}
	}
}
