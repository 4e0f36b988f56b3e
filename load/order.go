package load

// Order returns the numbers from 0 to n-1 so that each comes after those that
// it refers to, and otherwise in the given order. Numbers that refer to each
// other in a circle stand side by side and have the same unit: they can only be
// delivered at once. It is Tarjan's algorithm, which gives circles out in the
// order wanted here.
func Order(n int, refers func(i int) []int) (order, unit []int) {
	o := orderer{refers: refers, seen: make([]int, n), low: make([]int, n), unit: make([]int, n), sorted: make([]int, 0, n)}
	for i := range n {
		if o.seen[i] == 0 {
			o.visit(i)
		}
	}
	return o.sorted, o.unit
}

// orderer finds the circles of references.
type orderer struct {
	refers    func(i int) []int
	seen, low []int // 1-based time of the visit; the earliest that a circle leads back to, -1 when given out
	time      int
	stack     []int
	sorted    []int
	unit      []int
}

func (o *orderer) visit(i int) {
	o.time++
	o.seen[i], o.low[i] = o.time, o.time
	o.stack = append(o.stack, i)
	for _, j := range o.refers(i) {
		if o.seen[j] == 0 {
			o.visit(j)
		}
		if o.low[j] >= 0 { // one that was given out does not count
			o.low[i] = min(o.low[i], o.low[j])
		}
	}
	if o.low[i] == o.seen[i] {
		o.give(i)
	}
}

// give takes the circle that begins with i off the stack.
func (o *orderer) give(i int) {
	from := len(o.stack) - 1
	for o.stack[from] != i {
		from--
	}
	for _, j := range o.stack[from:] {
		o.low[j], o.unit[j] = -1, i
		o.sorted = append(o.sorted, j)
	}
	o.stack = o.stack[:from]
}
