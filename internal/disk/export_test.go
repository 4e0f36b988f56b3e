package disk

// Numbers are the error numbers of a full disk.
var Numbers = full
