package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// middle returns the median of a figure over the turns of a way, 0 where it did
// not run.
func (b *loadBench) middle(name, network string, figure func(loadTurn) float64) float64 {
	for _, r := range b.rows {
		if r.name == name && r.network == network {
			all := make([]float64, 0, len(r.turns))
			for _, t := range r.turns {
				all = append(all, figure(t))
			}
			slices.Sort(all)
			return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
		}
	}
	return 0
}

// ratio is the median over the rounds of what a way did beside another in the
// same round.
func (b *loadBench) ratio(name, beside, network string, figure func(loadTurn) float64) float64 {
	var ours, theirs []loadTurn
	for _, r := range b.rows {
		if r.network == network && r.name == name {
			ours = r.turns
		}
		if r.network == network && r.name == beside {
			theirs = r.turns
		}
	}
	var all []float64
	for i := range min(len(ours), len(theirs)) {
		all = append(all, figure(ours[i])/figure(theirs[i]))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// besideBest is the ratio to the better of the fixed settings that ran in the
// rounds.
func (b *loadBench) besideBest(network string) float64 {
	least := 0.0
	for _, r := range b.rows {
		if r.network == network && strings.HasPrefix(r.name, "fixed: ") && !strings.HasSuffix(r.name, "Patients") {
			if x := b.ratio(defaults, r.name, network, loadTurn.rate); least == 0 || x < least {
				least = x
			}
		}
	}
	return least
}

const (
	defaults      = "chartlift load, defaults"
	ownPatients   = "chartlift load, Patients"
	medplumPeople = "Medplum command line, Patients"
	postPatients  = "fixed: creates in transactions, Patients"
	batches       = "updates in batches of 100"
	simple        = "one PUT after the other"
)

// markdown writes the page about delivery.
func (b *loadBench) markdown(r *report) string {
	var s strings.Builder
	s.WriteString("# Delivery, measured\n\nWritten by `make bench-load`; do not edit.\n\n")
	fmt.Fprintf(&s, "%s, %d processors (%s), %s. Load average at the start: %s. The server, %s, runs on the same machine, so that it and the loader share the processors; its processor time is that of its database too.\n\n", r.date, runtime.NumCPU(), r.cpu, runtime.Version(), r.load, b.loadServer)
	fmt.Fprintf(&s, "Each load has %d resources of new ids: families (a Patient with three Observations), or Patients alone. Chartlift is the whole process, with journal and ledger; *fixed*, *one PUT* and *batches* are loaders of a few lines without them. The network of 50ms is a proxy that gives everything on later, half of it each way. "+
		"The middle of %d turns counts, beside the best fixed settings without a network that of %d; they take turns at beginning, and ratios are those within a round. Patients alone are a quarter as many, batches a sixteenth. The settings of the sweep ran twice each with an eighth, the two best of them again beside the defaults; what meets trouble has three quarters, and %d turns. "+
		"The last bars are against servers in the bench's own process, with limits that no real server has all of; with journal and without are compared at the pace of HAPI, two milliseconds for an entry.\n\n", b.loadN, b.runs, b.runs+b.moreTurns(), troubleTurns)
	b.rowsTable(&s)
	s.WriteString(barsHead)
	line := func(what, want string, got float64, form string) { barLine(&s, what, want, got, form) }
	line("speed beside the Medplum command line", "≥ 1.5", b.ratio(ownPatients, medplumPeople, "0s", loadTurn.rate), "%.2f")
	line("speed beside one PUT after the other, 50 ms", "≥ 8", b.ratio(defaults, simple, "50ms", loadTurn.rate), "%.1f")
	line("defaults beside the best fixed setting, no network", "≥ 0.9", b.besideBest("0s"), "%.2f")
	line("the same, 50 ms", "≥ 0.9", b.besideBest("50ms"), "%.2f")
	line("the server's processor time beside transactions of creates", "≤ 1.5", b.ratio(ownPatients, postPatients, "0s", loadTurn.work), "%.2f")
	line("the server's processor time beside batches, PostgreSQL; on H2: [load-batches-measured.md](load-batches-measured.md)", "≤ 0.4 on H2", b.ratio(defaults, batches, "0s", loadTurn.work), "%.2f")
	line("the loader's processor time beside the server's", "< 10 %", 100*b.middle(defaults, "0s", loadTurn.share), "%.1f %%")
	line("memory of the loader", "≤ 150 MB", b.middle(defaults, "0s", loadTurn.megabytes), "%.0f MB")
	line("speed kept where one request in twenty is spoilt", "", 100*b.ratio(throughFaulty, throughWhole, "0s", loadTurn.rate), "%.0f %%")
	line("time lost by a kill half-way, beside the time of a load", "", 100*(1/b.ratio(afterCrash, throughWhole, "0s", loadTurn.rate)-1), "%.0f %%")
	for _, bar := range b.bars {
		fmt.Fprintf(&s, "| %s | %s | %s |\n", bar.what, bar.wanted, bar.measured)
	}
	if busy(r.load) {
		s.WriteString(busyWords)
	}
	return s.String()
}

// rowsTable writes what each way took.
func (b *loadBench) rowsTable(s *strings.Builder) {
	s.WriteString("| what | network | resources/s | server ms each | loader CPU | memory |\n|---|---|---:|---:|---:|---:|\n")
	for _, row := range b.rows {
		fmt.Fprintf(s, "| %s | %s | %.0f | %.1f | %s |\n", row.name, row.network, b.middle(row.name, row.network, loadTurn.rate), 1000*b.middle(row.name, row.network, loadTurn.work), b.loader(row))
	}
}

const barsHead = "\n| bar | wanted | measured |\n|---|---:|---:|\n"

// barLine writes one bar with what was measured of it; 0 is nothing.
func barLine(s *strings.Builder, what, want string, got float64, form string) {
	if got == 0 {
		fmt.Fprintf(s, "| %s | %s | not measured |\n", what, want)
		return
	}
	fmt.Fprintf(s, "| %s | %s | "+form+" |\n", what, want, got)
}

// busyWords warn of the figures of a machine that others use.
const busyWords = "\nMore wanted a processor than there are, so that the same load took several times as long in one round as in another: nothing here that is made of wall time decides whether a bar is reached. The server's milliseconds are processor time. Run it again on a quiet machine.\n"

// busy reports whether more wanted a processor than there are.
func busy(load string) bool {
	n, err := strconv.ParseFloat(load, 64)
	return err == nil && n > float64(runtime.NumCPU())
}

// loader is what the loader's process took, empty where it is ours.
func (b *loadBench) loader(row loadRow) string {
	if row.turns[0].loader == (cost{}) {
		return " | "
	}
	return fmt.Sprintf("%.1f %% | %.0f MB", 100*b.middle(row.name, row.network, loadTurn.share), b.middle(row.name, row.network, loadTurn.megabytes))
}

// work is the server's processor time for a resource, in seconds.
func (t loadTurn) work() float64 { return t.server.Seconds() / float64(t.resources) }

// share is the loader's processor time beside the server's.
func (t loadTurn) share() float64 {
	if t.server == 0 {
		return 0
	}
	return t.loader.CPU.Seconds() / t.server.Seconds()
}

func (t loadTurn) megabytes() float64 { return float64(t.loader.RSS) / (1 << 20) }
