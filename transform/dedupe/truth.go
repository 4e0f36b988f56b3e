package dedupe

// Scores compare clusters with the truth. Pairs are counted as pairs of records
// in one cluster.
type Scores struct {
	Records        int     `json:"records"`
	TruePairs      int64   `json:"true_pairs"`
	PredictedPairs int64   `json:"predicted_pairs"`
	Precision      float64 `json:"precision"`
	Recall         float64 `json:"recall"`
	F1             float64 `json:"f1"`
	BCubedPrec     float64 `json:"b_cubed_precision"`
	BCubedRecall   float64 `json:"b_cubed_recall"`
	Mixed          int     `json:"mixed"` // predicted clusters with two or more true entities
	Split          int     `json:"split"` // true entities in two or more clusters
	Exact          int     `json:"exact"` // true entities that are one cluster and nothing else
}

// Score compares predicted with truth, both the cluster of each record id. Only
// records that are in truth count; one that is not in predicted is a cluster of
// its own.
func Score(predicted, truth map[string]string) Scores {
	type cell struct{ p, t string }
	cells, ps, ts := map[cell]int{}, map[string]int{}, map[string]int{}
	for id, t := range truth {
		p, ok := predicted[id]
		if !ok {
			p = "\x00" + id
		}
		cells[cell{p, t}]++
		ps[p]++
		ts[t]++
	}
	s := Scores{Records: len(truth)}
	entities, spread := map[string]int{}, map[string]int{}
	right := int64(0)
	for c, n := range cells {
		right += pairsOf(n)
		s.BCubedPrec += float64(n) * float64(n) / float64(ps[c.p])
		s.BCubedRecall += float64(n) * float64(n) / float64(ts[c.t])
		entities[c.p]++
		spread[c.t]++
		if n == ps[c.p] && n == ts[c.t] {
			s.Exact++
		}
	}
	s.PredictedPairs, s.Mixed = pairsIn(ps), several(entities)
	s.TruePairs, s.Split = pairsIn(ts), several(spread)
	s.Precision, s.Recall = ratio(right, s.PredictedPairs), ratio(right, s.TruePairs)
	if s.Precision+s.Recall > 0 {
		s.F1 = 2 * s.Precision * s.Recall / (s.Precision + s.Recall)
	}
	s.BCubedPrec /= max(1, float64(len(truth)))
	s.BCubedRecall /= max(1, float64(len(truth)))
	return s
}

func pairsIn(sizes map[string]int) (n int64) {
	for _, size := range sizes {
		n += pairsOf(size)
	}
	return n
}

func several(counts map[string]int) (n int) {
	for _, c := range counts {
		if c > 1 {
			n++
		}
	}
	return n
}

// ratio is 1 where there is nothing that could be wrong.
func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}
