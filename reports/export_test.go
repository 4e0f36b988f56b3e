package reports

// ReadDelivered reads a line of the journal, for tests.
var ReadDelivered = readDelivered

// ReportsIn lists the reports of a folder, and Ask runs one of them, for tests:
// those that users have are embedded.
var (
	ReportsIn = reportsIn
	Ask       = (*DB).ask
)

// PackUUID is packUUID, for tests.
var PackUUID = packUUID
