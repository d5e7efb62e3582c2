package main

var checks = together(worldChecks, libraryChecks, engineChecks, calloutChecks, pathChecks, processChecks, processTableChecks, ipcChecks, launchdChecks, runChecks)
