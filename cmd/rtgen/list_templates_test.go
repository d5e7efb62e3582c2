package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// What a person sees of the templates on a terminal.
func TestPrintTemplates(t *testing.T) {
	var out bytes.Buffer
	err := printTemplates(&out, []harness.TemplateListing{
		{TemplateID: "bad", Path: "plans/templates/bad.json", Error: "plans/templates/bad.json:1: a\nplans/templates/bad.json:2: b\x1b"},
		{TemplateID: "landlock-net", Description: "TCP", Path: "builtin:plans/templates/landlock-net.json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `TEMPLATE      PATH                                       DESCRIPTION
bad           plans/templates/bad.json                   -
landlock-net  builtin:plans/templates/landlock-net.json  TCP
[!] plans/templates/bad.json:1: a
[!] "plans/templates/bad.json:2: b\x1b"
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
