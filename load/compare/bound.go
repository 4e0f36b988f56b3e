package compare

import "math"

// Bound returns the highest share of all resources that may differ, with 95 %
// confidence, when k of n chosen at random do: the upper limit of Clopper and
// Pearson (1934). It is 1 where nothing was looked at.
func Bound(k, n int64) float64 {
	if n == 0 || k >= n {
		return 1
	}
	low, high := float64(k)/float64(n), 1.0
	for range 60 {
		mid := (low + high) / 2
		if atMost(k, n, mid) > 0.05 {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// atMost is the probability of at most k of n, each with probability p. It is
// summed from the largest term down, in logarithms.
func atMost(k, n int64, p float64) float64 {
	lg := func(x int64) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	sum := 0.0
	for i := k; i >= 0; i-- {
		term := math.Exp(lg(n) - lg(i) - lg(n-i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
		sum += term
		if term < sum*1e-12 {
			break
		}
	}
	return sum
}
