package main

var checks = together(worldChecks, libraryChecks, engineChecks, pathChecks, processChecks, processTableChecks, ipcChecks, launchdChecks, runChecks)
