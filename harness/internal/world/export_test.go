package world

// Codename is codename, for tests.
var Codename = codename
