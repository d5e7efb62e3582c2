package landlock

// MinABI is the oldest Landlock ABI that can enforce a ruleset as written.
func MinABI(r Ruleset) int {
	return max(1, r.HandledFS.ABI(), r.HandledNet.ABI(), r.Scoped.ABI(), r.Flags.ABI())
}

// CheckABI refuses a ruleset that handles or sets what the given ABI lacks, with an
// [ABIError]. There is no best effort: a ruleset enforced in part is another
// policy than the one evidence would speak of.
func (r Ruleset) CheckABI(abi int) error {
	want := MinABI(r)
	if want <= abi {
		return nil
	}
	lacking := (r.HandledFS &^ AllFS(abi)).AuditNames()
	lacking = append(lacking, (r.HandledNet &^ AllNet(abi)).AuditNames()...)
	lacking = append(lacking, (r.Scoped &^ AllScopes(abi)).AuditNames()...)
	lacking = append(lacking, (r.Flags &^ AllFlags(abi)).Names()...)
	return &ABIError{Got: abi, Wanted: want, Rights: lacking}
}
