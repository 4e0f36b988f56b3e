package reports

// ReadDelivered reads a line of the journal, for tests.
var ReadDelivered = readDelivered
