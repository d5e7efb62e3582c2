package launchd

import "howett.net/plist"

// job is a property list of launchd.plist(5).
type job struct {
	Label string `plist:"Label"`
}

func (j *job) encode() ([]byte, error) { return plist.MarshalIndent(j, plist.XMLFormat, "\t") }
