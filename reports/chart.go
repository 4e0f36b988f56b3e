package reports

// Charts are sampled charts for people to look at, before and after, with how
// they were chosen.
type Charts struct {
	Seed    uint64
	Asked   int // patients by chance
	Sampled []Chart
}

// Chart is one patient of the sample.
type Chart struct {
	Patient, Stratum string
	Resources        int // also those that are not shown
	Entries          []ChartEntry
}

// ChartEntry is a resource beside the row that it came from.
type ChartEntry struct {
	Type, ID      string
	Source, Table string
	Row           int64
	Cells, Fields []ChartValue
}

// ChartValue is a column or an element with its value. Same says that the value
// stands on the other side as it is here.
type ChartValue struct {
	Name, Value string
	Same        bool
}
