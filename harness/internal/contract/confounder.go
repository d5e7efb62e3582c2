package contract

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

const (
	prompt  = "prompt_or_timeout"
	missing = "missing"
)

// Consent is what the confounder of macOS's consent is judged by.
type Consent struct {
	Operation, Target string
	Platform, Process string // the decisions of both lanes: "allow", "deny" or "unknown"
	// The lanes that waited in vain, as for somebody who was asked.
	PlatformTimedOut, ProcessTimedOut bool
}

// Confounder marks what macOS guards by asking the user; nil for what it does
// not.
func (c Consent) Confounder() *artifact.TCCConfounder {
	if !guarded(c.Operation, c.Target) {
		return nil
	}
	t := &artifact.TCCConfounder{Sensitive: true, BaselineStatus: c.Platform, ScenarioStatus: c.Process, Attribution: unknown}
	if c.PlatformTimedOut {
		t.BaselineStatus = prompt
	}
	if c.ProcessTimedOut {
		t.ScenarioStatus = prompt
	}
	switch {
	case t.BaselineStatus == deny || t.BaselineStatus == prompt:
		t.Attribution = "tcc_or_platform"
	case t.BaselineStatus == allow && (t.ScenarioStatus == deny || t.ScenarioStatus == prompt):
		t.Attribution = "sandbox_or_other"
	case t.BaselineStatus == allow && t.ScenarioStatus == allow:
		t.Attribution = allow
	}
	return t
}

// guarded: the device operations, and the folders of any user's home. Whose home
// the run saw is not in its documents.
func guarded(operation, target string) bool {
	if slices.Contains([]string{"device-camera", "device-microphone", "device-mic"}, operation) {
		return true
	}
	home, ok := strings.CutPrefix(target, "/Users/")
	if !ok {
		return false
	}
	_, below, _ := strings.Cut(home, "/")
	folder, _, _ := strings.Cut(below, "/")
	return folder == "Documents" || folder == "Downloads" || folder == "Desktop"
}

// ServiceMissing marks a service that neither lane could find, by the details of
// both probes: its denial says nothing. It is nil otherwise.
func ServiceMissing(operation string, scenario, baseline json.RawMessage) *artifact.ServiceConfounder {
	if operation != "mach-lookup" || !serviceMissing(scenario) || !serviceMissing(baseline) {
		return nil
	}
	return &artifact.ServiceConfounder{
		Status: "missing_service", BaselineState: missing, ScenarioState: missing, Source: "probe_details",
	}
}

func serviceMissing(details json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(details, &fields) != nil {
		return false
	}
	var there *bool
	if json.Unmarshal(fields["service_present"], &there) == nil && there != nil {
		return !*there
	}
	var failure *string
	return json.Unmarshal(fields["xpc_error"], &failure) == nil && failure != nil && *failure == "connection_invalid"
}
