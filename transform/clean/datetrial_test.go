package clean_test

import (
	"testing"

	"chartlift/transform/clean"
)

func TestATrialIsOfFormatsThatReadTheSameTextDifferently(t *testing.T) {
	t.Parallel()
	for _, formats := range [][]string{
		nil,
		{"D/M/YYYY"},
		{"D/M/YYYY", "DD/MM/YYYY"},
		{"D/M/YYYY", "M-D-YYYY"},
		{"D/M/YY", "M/D/YYYY"},
		{"DD-MMM-YYYY", "MMM-DD-YYYY"},
		{"YYYY-MM-DD", "D/M/YYYY"},
		{"D/M/YYYY hh:mm", "M/D/YYYY"},
	} {
		if trial := clean.NewDateTrial(formats); trial != nil {
			t.Errorf("%v are in doubt: %+v", formats, trial)
		}
	}
	for _, formats := range [][]string{
		{"M/D/YYYY", "D/M/YYYY"}, {"YYYY-MM-DD", "MM/DD/YYYY", "YYYY", "D/M/YYYY"}, {"M/D/YYYY h:mm A", "D/M/YYYY h:mm A"}, {"YYYY-MM-DD", "YYYY-DD-MM"},
	} {
		if trial := clean.NewDateTrial(formats); trial == nil || trial.Leading != trial.MonthFirst {
			t.Errorf("%v are not in doubt: %+v", formats, trial)
		}
	}
}

func TestValuesDecideWhichPartIsTheDay(t *testing.T) {
	t.Parallel()
	trial := clean.NewDateTrial([]string{"YYYY-MM-DD", "D.M.YYYY", "MM.DD.YYYY"})
	if trial.DayFirst != "D.M.YYYY" || trial.MonthFirst != "MM.DD.YYYY" || trial.Leading != "D.M.YYYY" {
		t.Fatalf("trial %+v", trial)
	}
	for text, want := range map[string][2]bool{
		"31.12.1980": {true, false}, "12.31.1980": {false, true}, "03.04.1980": {true, true}, "3.4.1980": {true, false},
		"05.05.1980": {false, false}, "31.31.1980": {false, false}, "1980-03-04": {false, false}, "31.02.1980": {false, false}, "": {false, false},
	} {
		day, month := trial.Read(text)
		if day != want[0] || month != want[1] {
			t.Errorf("%s: day first %v, month first %v", text, day, month)
		}
	}
}
