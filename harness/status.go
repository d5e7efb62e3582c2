package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/witness"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// StatusSchema is the schema_version of a Status.
const StatusSchema = "runtime-tools.status.v0.1"

// Status is what this host is and what can be observed on it, as seen by this
// very process.
type Status struct {
	SchemaVersion      string      `json:"schema_version"`
	WorldID            string      `json:"world_id"`
	RepoRoot           *string     `json:"repo_root"` // null outside a repository
	Channel            ChannelName `json:"channel"`   // the one a run takes by default
	CleanChannel       ChannelName `json:"clean_channel"`
	CleanChannelActive bool        `json:"clean_channel_active"` // whether this process is a clean worker
	StageUsed          bool        `json:"stage_used"`
	StageRoot          *string     `json:"stage_root"`
	StageOutputRoot    *string     `json:"stage_output_root"`
	RunID              *string     `json:"run_id"`
	SandboxCheckSelf   SelfCheck   `json:"sandbox_check_self"`
	Engines            []Engine    `json:"engines"`
	Witness            AuditStatus `json:"witness"`
	Tools              StatusTools `json:"tools"`
	World              world.Facts `json:"world"`
}

// SelfCheck says whether a process is confined by the engine under test.
type SelfCheck struct {
	Source    string `json:"source"`
	RC        int    `json:"rc"` // 1 when confined
	Sandboxed bool   `json:"sandboxed"`
	Layers    *int   `json:"layers,omitempty"` // of Landlock; nil on macOS, which has none
	Error     string `json:"error,omitempty"`
}

// String is the answer for a person, e.g. "false (0 Landlock layers)".
func (c SelfCheck) String() string {
	switch {
	case c.Layers != nil:
		return fmt.Sprintf("%v (%d Landlock layers)", c.Sandboxed, *c.Layers)
	case c.Error != "":
		return "not known: " + c.Error
	}
	return fmt.Sprintf("%v (%s)", c.Sandboxed, c.Source)
}

// Engine says whether a policy engine was seen to enforce.
type Engine struct {
	Mode      string `json:"mode"`
	Available bool   `json:"available"`
	Reason    string `json:"reason,omitempty"` // why not
}

// AuditStatus says whether a run here can have the kernel's audit log as its
// witness.
type AuditStatus struct {
	Listening bool               `json:"listening"`        // with --witness=auto
	Reason    string             `json:"reason,omitempty"` // why not, and what would help
	Audit     *bundle.AuditState `json:"audit"`            // null when it may not be asked for
}

func auditStatus() AuditStatus {
	var st AuditStatus
	if state, err := witness.QueryStatus(); err == nil {
		st.Audit = auditState(state)
	}
	reader, err := witness.Open()
	if err != nil {
		st.Reason = err.Error()
		return st
	}
	reader.Close()
	st.Listening = true
	return st
}

// StatusTools are the outside tools the reference system reports.
type StatusTools struct {
	Launchctl     bool `json:"launchctl"`      // macOS's, which its clean channel needs
	SandboxRunner bool `json:"sandbox_runner"` // no engine here needs one
}

// RuntimeStatus surveys this host. It is the reference's runtime_status.
func RuntimeStatus() (*Status, error) {
	facts, err := world.Survey()
	if err != nil {
		return nil, &UnavailableError{fmt.Errorf("survey this host: %w", err)}
	}
	clean, err := channel.Resolve(string(ChannelClean))
	if err != nil {
		return nil, &UnavailableError{err}
	}
	st := &Status{
		SchemaVersion: StatusSchema, WorldID: facts.ID(),
		Channel: ChannelDirect, CleanChannel: clean, World: facts,
		Tools: StatusTools{Launchctl: launchd.Present()},
	}
	if id := os.Getenv("RTGEN_RUN_ID"); id != "" {
		st.RunID = &id
	}
	if wd, err := os.Getwd(); err == nil {
		if root, err := (Source{}).RootFor(wd); err == nil && (root != wd || isRepository(wd)) {
			st.RepoRoot = &root
		}
	}
	if errors.Is(seatbelt.Available(), errors.ErrUnsupported) {
		st.SandboxCheckSelf, st.Engines = checkLandlock()
	} else {
		st.SandboxCheckSelf, st.Engines = checkSeatbelt()
	}
	st.Witness = auditStatus()
	return st, nil
}

func isRepository(dir string) bool {
	for _, mark := range []string{"go.mod", ".git"} {
		if _, err := os.Stat(dir + "/" + mark); err == nil {
			return true
		}
	}
	return false
}

// Table is the status for a person: name and value.
func (s *Status) Table() [][2]string {
	rows := [][2]string{
		{"world", s.WorldID},
		{"default channel", string(s.Channel)},
		{"clean channel", string(s.CleanChannel)},
		{"confined here", s.SandboxCheckSelf.String()},
	}
	for _, e := range s.Engines {
		answer := "enforces (seen)"
		if !e.Available {
			answer = "not available: " + e.Reason
		}
		rows = append(rows, [2]string{"engine " + e.Mode, answer})
	}
	listening := "listening"
	if !s.Witness.Listening {
		listening = "not available: " + s.Witness.Reason
	}
	rows = append(rows, [2]string{"witness", listening})
	return append(rows, factRows(s.World)...)
}

// factRows lists the world's facts by their JSON names, so that the table and
// the document cannot drift apart.
func factRows(f world.Facts) [][2]string {
	data, err := json.Marshal(f)
	if err != nil {
		return nil
	}
	var rows [][2]string
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return rows
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return rows
		}
		text := string(value)
		if plain, err := strconv.Unquote(text); err == nil {
			text = plain
		}
		rows = append(rows, [2]string{fmt.Sprint(key), text})
	}
	return rows
}
