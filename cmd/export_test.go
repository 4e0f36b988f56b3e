package cmd

// Typed is what tests look at directly: how a report writes the command of a
// run.
var Typed = typed

// Mistyped is what tests look at directly: which paths look like addresses.
var Mistyped = mistyped
