package cmd

// Typed is what tests look at directly: how a report writes the command of a run.
var Typed = typed
