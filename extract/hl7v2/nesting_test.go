package hl7v2_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"chartlift/extract"
)

// hanging reads a message given by its segment ids and returns "child<parent"
// for each segment, sorted.
func hanging(t *testing.T, ids string) []string {
	t.Helper()
	content := strings.ReplaceAll(strings.Join(strings.Fields(ids), "|\r")+"|\r", "MSH|", `MSH|^~\&|`)
	f := mustRead(t, content, extract.Options{})
	var all []string
	for _, table := range slices.Sorted(maps.Keys(f.Tables)) {
		for _, row := range f.Tables[table] {
			all = append(all, strings.ReplaceAll(row["_key"]+"<"+row["_parent"], "f#1.", ""))
		}
	}
	return all
}

func TestSegmentsHangWhereTheMessageStructuresPutThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ ids, want string }{
		"admission": {
			"MSH EVN PID PD1 NK1 PV1 PV2 ROL OBX AL1 DG1 PR1 ROL IN1 IN2 ROL IN1 IN2",
			"AL11<PID1 DG11<PID1 EVN1<MSH1 IN11<PID1 IN12<PID1 IN21<IN11 IN22<IN12 MSH1<<null> NK11<PID1 OBX1<PID1 PD11<PID1 PID1<MSH1 " +
				"PR11<PID1 PV11<PID1 PV21<PV11 ROL1<PV11 ROL2<PR11 ROL3<IN11",
		},
		"results": {
			"MSH PID NTE ORC OBR NTE OBX NTE NTE OBX SPM OBX OBR OBX ORC OBR ZDS",
			"MSH1<<null> NTE1<PID1 NTE2<OBR1 NTE3<OBX1 NTE4<OBX1 OBR1<ORC1 OBR2<ORC1 OBR3<ORC2 OBX1<OBR1 OBX2<OBR1 OBX3<SPM1 OBX4<OBR2 " +
				"ORC1<PID1 ORC2<PID1 PID1<MSH1 SPM1<OBR1 ZDS1<OBR3",
		},
		"results without order": {"MSH PID OBR OBX OBR OBX", "MSH1<<null> OBR1<PID1 OBR2<PID1 OBX1<OBR1 OBX2<OBR2 PID1<MSH1"},
		"vaccinations": {
			"MSH PID PV1 ORC RXA RXR OBX NTE OBX ORC RXA",
			"MSH1<<null> NTE1<OBX1 OBX1<RXA1 OBX2<RXA1 ORC1<PID1 ORC2<PID1 PID1<MSH1 PV11<PID1 RXA1<ORC1 RXA2<ORC2 RXR1<RXA1",
		},
		"specimens first": {
			"MSH PID SPM OBX SAC OBR ORC TQ1 OBX OBR SPM OBR",
			"MSH1<<null> OBR1<SAC1 OBR2<SAC1 OBR3<SPM2 OBX1<SPM1 OBX2<OBR1 ORC1<OBR1 PID1<MSH1 SAC1<SPM1 SPM1<PID1 SPM2<PID1 TQ11<ORC1",
		},
		"appointment": {
			"MSH SCH TQ1 NTE PID PV1 DG1 RGS AIS NTE AIG AIL AIP RGS AIP",
			"AIG1<RGS1 AIL1<RGS1 AIP1<RGS1 AIP2<RGS2 AIS1<RGS1 DG11<PID1 MSH1<<null> NTE1<TQ11 NTE2<AIS1 PID1<SCH1 PV11<PID1 RGS1<SCH1 RGS2<SCH1 SCH1<MSH1 TQ11<SCH1",
		},
		"document":  {"MSH EVN PID PV1 ORC OBR TXA OBX", "EVN1<MSH1 MSH1<<null> OBR1<ORC1 OBX1<TXA1 ORC1<PID1 PID1<MSH1 PV11<PID1 TXA1<PID1"},
		"problems":  {"MSH PID PRB NTE OBX GOL OBX PRB", "GOL1<PRB1 MSH1<<null> NTE1<PRB1 OBX1<PRB1 OBX2<GOL1 PID1<MSH1 PRB1<PID1 PRB2<PID1"},
		"dispense":  {"MSH PID ORC RXO RXR RXC RXE RXR RXC OBX", "MSH1<<null> OBX1<RXE1 ORC1<PID1 PID1<MSH1 RXC1<RXO1 RXC2<RXE1 RXE1<ORC1 RXO1<ORC1 RXR1<RXO1 RXR2<RXE1"},
		"charges":   {"MSH EVN PID FT1 DG1 PR1 FT1 PR1 IN1", "DG11<FT11 EVN1<MSH1 FT11<PID1 FT12<PID1 IN11<PID1 MSH1<<null> PID1<MSH1 PR11<FT11 PR12<FT12"},
		"referral":  {"MSH RF1 AUT PRD CTD PID", "AUT1<RF11 CTD1<PRD1 MSH1<<null> PID1<MSH1 PRD1<RF11 RF11<MSH1"},
		"merges":    {"MSH EVN PID MRG PID MRG", "EVN1<MSH1 MRG1<PID1 MRG2<PID2 MSH1<<null> PID1<MSH1 PID2<MSH1"},
		"own first": {"MSH ZZZ PID ZZZ", "MSH1<<null> PID1<MSH1 ZZZ1<MSH1 ZZZ2<PID1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, strings.ReplaceAll(c.want, " ", "\n"), strings.Join(hanging(t, c.ids), "\n"))
		})
	}
}

func TestRowsBelongToThePatientAboveThem(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "MSH|^~\\&|\rEVN|\rPID|1\rPV1|1\rPID|2\rPV1|2\rMSH|^~\\&|\rPV1|3\r", extract.Options{})
	same(t, []string{"f#1.PID1", "f#1.PID2", "<null>"}, f.cells("PV1", "_patient"))
	same(t, []string{"<null>"}, f.cells("EVN", "_patient"))
}
