package mapping

import "path"

// runtimeProfile is the file that a command applied as its policy, for the
// runners that take it as an argument; false for any other command.
func runtimeProfile(command []string) (string, bool) {
	if len(command) == 0 {
		return "", false
	}
	at := 0
	switch path.Base(command[0]) {
	case "wrapper":
		if len(command) > 1 && (command[1] == "--sbpl" || command[1] == "--blob") {
			at = 2
		}
	case "sandbox_runner", "sandbox_reader", "sandbox_writer":
		at = 1
	case "sandbox-exec":
		for i, arg := range command {
			if arg == "-f" {
				at = i + 1
				break
			}
		}
	}
	if at == 0 || at >= len(command) || command[at] == "" {
		return "", false
	}
	return command[at], true
}
