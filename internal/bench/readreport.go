package main

import (
	"fmt"
	"strings"
)

// readingTables writes one table for each kind of file.
func readingTables(b *strings.Builder, jobs []*readJob) {
	b.WriteString("Every value of a file, by whole processes in turn; all found the same number of rows. The ratio is how many times as long as chartlift's reader the others take, " +
		"for the scan how many times as long as the scan chartlift's takes.\n")
	for _, j := range jobs {
		fmt.Fprintf(b, "\n### %s\n\n%s: %d rows, %.0f MB.\n\n", j.title, j.about, j.rows, float64(j.bytes)/1e6)
		b.WriteString("| | wall s | CPU s | MB/s | rows/s | peak memory MB | ratio, wall | ratio, CPU | goal | how |\n|---|---:|---:|---:|---:|---:|---:|---:|---|---|\n")
		for i, o := range j.readers {
			wall, cpu := o.wall(), o.cpu()
			ratios := "|"
			switch {
			case i == 0:
			case o.counts:
				ratios = fmt.Sprintf("%.2f | %.2f", wall/j.readers[0].wall(), cpu/j.readers[0].cpu())
			default:
				ratios = fmt.Sprintf("%.1f | %.1f", j.readers[0].wall()/wall, j.readers[0].cpu()/cpu)
			}
			fmt.Fprintf(b, "| %s | %.2f | %.2f | %.0f | %.0f | %.0f | %s | %s | %s |\n",
				o.name, wall, cpu, float64(j.bytes)/1e6/wall, float64(j.rows)/wall, median(o.turns, func(t cost) float64 { return float64(t.RSS) / 1e6 }), ratios, mustOf(o.goal), o.how)
		}
	}
}

func (o *reader) wall() float64 {
	return median(o.turns, func(t cost) float64 { return t.Wall.Seconds() })
}

func (o *reader) cpu() float64 {
	return median(o.turns, func(t cost) float64 { return t.CPU.Seconds() })
}

func profileTable(b *strings.Builder, all []profiled) {
	b.WriteString("`chartlift profile` of the three tables, beside reading them with chartlift's reader alone. Goals: at most four times the time of reading, and memory that does not grow with the rows.\n\n" +
		"| observations | rows in all | MB | wall s | CPU s | reading, wall s | ratio, wall | peak memory MB |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, p := range all {
		fmt.Fprintf(b, "| %d | %d | %.0f | %.1f | %.1f | %.1f | %.1f | %.0f |\n", p.observations, p.rows, float64(p.bytes)/1e6,
			p.profile.Wall.Seconds(), p.profile.CPU.Seconds(), p.read.Wall.Seconds(), p.profile.Wall.Seconds()/p.read.Wall.Seconds(), float64(p.profile.RSS)/1e6)
	}
}

func setTable(b *strings.Builder, all []setResult) {
	b.WriteString("`chartlift profile` of sets of real and published data, and how many rows others count in them.\n\n" +
		"| set | tables | rows read | rows expected | | wall s | peak memory MB | files not read | counted by |\n|---|---:|---:|---:|---|---:|---:|---|---|\n")
	for _, s := range all {
		verdict := "equal"
		if s.Read != s.Want {
			verdict = fmt.Sprintf("%+d", s.Read-s.Want)
		}
		problems := strings.Join(s.Unread, ", ")
		if len(s.Unread) > 5 {
			problems = fmt.Sprintf("%d files", len(s.Unread))
		}
		fmt.Fprintf(b, "| %s | %d | %d | %d | %s | %.2f | %.0f | %s | %s |\n",
			s.name, s.Tables, s.Read, s.Want, verdict, s.Cost.Wall.Seconds(), float64(s.Cost.RSS)/1e6, problems, s.source)
	}
}

// figure is how many times as long as ours the reader takes. Of one whose work
// is done by a server that runs already, only the wall knows.
func (o *reader) figure(ours *reader) figure {
	f := figure{goal: o.goal, value: o.wall() / ours.wall()}
	if !o.elsewhere {
		f.cpu = o.cpu() / ours.cpu()
	}
	return f
}
