package harness

// ParseTemplate reads a template as one of the program's own.
func ParseTemplate(file File) (*PlanTemplate, error) {
	return parseTemplate(file, folder{tree: builtin, below: templatesFolder}, folder{tree: builtin})
}
