package transform

// SetMemory bounds the bytes of rows that are sorted in memory.
func (g *Groups) SetMemory(n int) { g.memory = n }

// Spilled returns the number of sorted runs on disk.
func (g *Groups) Spilled() int { return len(g.runs) }
