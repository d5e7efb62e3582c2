package witness

import (
	"fmt"
	"strconv"
	"strings"
)

// Denial is one denied access as the kernel recorded it. A field that the
// record does not carry is zero: the kernel leaves out the address 0.0.0.0 or
// ::, port 0, and the device and inode of what does not exist.
type Denial struct {
	Serial uint64
	Domain string // of the layer that denied, in hex as the log spells it
	// Layer is the number in the tag of the domain: the youngest layer that
	// denied. A right that only an older layer denies too is not in Blockers.
	Layer int
	// PID is the process that put the domain on itself, in the initial pid
	// namespace. A program it started may be the one that was denied.
	PID      int
	Blockers []string // "fs.read_file", "scope.signal", "ptrace"; sorted by the kernel's bit

	Path     string // as the kernel resolved it, any bytes; of a bound socket as well
	Name     string // the last element alone, where the kernel had no more
	Socket   string // an abstract unix socket, "@name"
	Dev      string // "vda", "tmpfs"
	Ino      uint64
	IoctlCmd string // "0x5413"

	SAddr, DAddr string // IPv4 or IPv6 address, no brackets
	SPort, DPort int
	LAddr, FAddr string // the socket's own ends, where the kernel gives them
	LPort, FPort int

	OPID  int    // the process that a signal or a trace was meant for
	OComm string // its name

	Other []Field // what this version does not know
}

// domainRecord is the birth or the end of a domain in the log.
type domainRecord struct {
	id      string
	status  string // "allocated" or "deallocated"
	pid     int
	comm    string
	denials uint64
}

// parseDenial reads the text of a LANDLOCK_ACCESS record. Layer and PID are
// not in it.
func parseDenial(text string) (Denial, error) {
	rec, err := parseRecord(text)
	if err != nil {
		return Denial{}, err
	}
	d := Denial{Serial: rec.serial, Layer: -1}
	for _, f := range rec.fields {
		if !d.take(f) {
			d.Other = append(d.Other, f)
		}
	}
	if d.Domain == "" || len(d.Blockers) == 0 {
		return Denial{}, fmt.Errorf("audit record %.200q names no domain or no blockers", text)
	}
	return d, nil
}

// take puts a field in its place, unless it is not of the form this version
// knows, or there already.
func (d *Denial) take(f Field) bool {
	switch f.Key {
	case "domain":
		return keep(&d.Domain, f.Raw)
	case "blockers":
		if d.Blockers != nil || f.Raw == "" {
			return false
		}
		d.Blockers = strings.Split(f.Raw, ",")
		return true
	case "path":
		return d.takePath(f.Raw)
	case "name":
		return keepText(&d.Name, f.Raw)
	case "dev":
		return keepText(&d.Dev, f.Raw)
	case "ino":
		n, err := strconv.ParseUint(f.Raw, 10, 64)
		if err != nil || d.Ino != 0 {
			return false
		}
		d.Ino = n
		return true
	case "ioctlcmd":
		return keep(&d.IoctlCmd, f.Raw)
	case "saddr":
		return keep(&d.SAddr, f.Raw)
	case "daddr":
		return keep(&d.DAddr, f.Raw)
	case "laddr":
		return keep(&d.LAddr, f.Raw)
	case "faddr":
		return keep(&d.FAddr, f.Raw)
	case "src":
		return keepInt(&d.SPort, f.Raw)
	case "dest":
		return keepInt(&d.DPort, f.Raw)
	case "lport":
		return keepInt(&d.LPort, f.Raw)
	case "fport":
		return keepInt(&d.FPort, f.Raw)
	case "opid":
		return keepInt(&d.OPID, f.Raw)
	case "ocomm":
		return keepText(&d.OComm, f.Raw)
	}
	return false
}

// takePath tells an abstract socket, whose address begins with a zero byte,
// from a path, and both from the notes the kernel writes for a path it could
// not spell.
func (d *Denial) takePath(raw string) bool {
	if raw == `"<no_memory>"` || raw == `"<too_long>"` {
		return false
	}
	text, ok := decodeText(raw)
	if !ok {
		return false
	}
	if abstract, ok := strings.CutPrefix(text, "\x00"); ok {
		if d.Socket != "" {
			return false
		}
		d.Socket = "@" + abstract
		return true
	}
	return keep(&d.Path, text)
}

func keep(to *string, value string) bool {
	if *to != "" || value == "" {
		return false
	}
	*to = value
	return true
}

func keepText(to *string, raw string) bool {
	text, ok := decodeText(raw)
	return ok && keep(to, text)
}

func keepInt(to *int, raw string) bool {
	n, err := strconv.Atoi(raw)
	if err != nil || *to != 0 {
		return false
	}
	*to = n
	return true
}

func parseDomain(text string) (domainRecord, error) {
	rec, err := parseRecord(text)
	if err != nil {
		return domainRecord{}, err
	}
	var d domainRecord
	d.id, _ = rec.plain("domain")
	d.status, _ = rec.plain("status")
	switch d.status {
	case "allocated":
		pid, _ := rec.plain("pid")
		if d.pid, err = strconv.Atoi(pid); err != nil {
			return domainRecord{}, fmt.Errorf("audit record %.200q: pid: %w", text, err)
		}
		var ok bool
		if d.comm, ok = rec.text("comm"); !ok {
			return domainRecord{}, fmt.Errorf("audit record %.200q names no comm", text)
		}
	case "deallocated":
		n, _ := rec.plain("denials")
		if d.denials, err = strconv.ParseUint(n, 10, 64); err != nil {
			return domainRecord{}, fmt.Errorf("audit record %.200q: denials: %w", text, err)
		}
	default:
		return domainRecord{}, fmt.Errorf("audit record %.200q: unknown status", text)
	}
	if d.id == "" {
		return domainRecord{}, fmt.Errorf("audit record %.200q names no domain", text)
	}
	return d, nil
}
