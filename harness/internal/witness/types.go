package witness

// Audit record types of linux/audit.h.
const (
	typeConfig = 1305 // AUDIT_CONFIG_CHANGE
	typeAccess = 1423 // AUDIT_LANDLOCK_ACCESS
	typeDomain = 1424 // AUDIT_LANDLOCK_DOMAIN
)

// receiveBuffer holds some twenty thousand records that nobody has read yet: one
// of usual length takes 840 bytes of it, as measured. It costs nothing while it is
// empty.
const receiveBuffer = 16 << 20
