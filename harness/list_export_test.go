package harness

// ListPlansWithin is ListPlans of a root that may hold limit files and folders.
func (s Source) ListPlansWithin(limit int) ([]PlanListing, error) { return s.listPlans(limit) }
