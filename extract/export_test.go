package extract

// LimitGrowth is the bound on decompression, for tests.
var LimitGrowth = limitGrowth
