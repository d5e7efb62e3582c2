package mapping

import "testing"

func TestRuntimeProfile(t *testing.T) {
	tests := []struct {
		name    string
		command []string
		want    string // empty: none
	}{
		{"none", nil, ""},
		{"wrapper, text", []string{"bin/wrapper", "--sbpl", "a.sb", "--", "/bin/cat"}, "a.sb"},
		{"wrapper, blob", []string{"/x/wrapper", "--blob", "a.sb.bin"}, "a.sb.bin"},
		{"wrapper, another flag", []string{"wrapper", "--none", "a.sb"}, ""},
		{"wrapper, cut off", []string{"wrapper", "--sbpl"}, ""},
		{"runner", []string{"tools/sandbox_runner", "a.sb", "--"}, "a.sb"},
		{"reader", []string{"tools/sandbox_reader", "a.sb", "/etc"}, "a.sb"},
		{"writer", []string{"tools/sandbox_writer", "a.sb", "/etc"}, "a.sb"},
		{"runner without a policy", []string{"sandbox_runner"}, ""},
		{"runner with an empty one", []string{"sandbox_runner", ""}, ""},
		{"sandbox-exec", []string{"/usr/bin/sandbox-exec", "-D", "A=b", "-f", "a.sb", "true"}, "a.sb"},
		{"sandbox-exec, text", []string{"sandbox-exec", "-p", "(version 1)", "true"}, ""},
		{"sandbox-exec, cut off", []string{"sandbox-exec", "-f"}, ""},
		{"another tool", []string{"tools/sandbox_mach_probe", "a.sb", "x"}, ""},
		{"our worker", []string{"/usr/bin/rtgen", "worker"}, ""},
		{"the name in another place", []string{"env", "sandbox_runner", "a.sb"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := runtimeProfile(tt.command); got != tt.want || ok != (tt.want != "") {
				t.Errorf("runtimeProfile(%q) = %q, %v, want %q", tt.command, got, ok, tt.want)
			}
		})
	}
}
