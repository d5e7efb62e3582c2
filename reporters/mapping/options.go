package mapping

// Options says what to promote, and where to. The zero value of everything but
// Out and the packets works.
type Options struct {
	// Packets are the files to take, in order; PacketSet is a packet_set.json that
	// names them. One of the two.
	Packets   []string
	PacketSet string

	Out     string // the mappings' folder: absent, empty, or an earlier promotion's
	Receipt string // where the receipt goes; empty: promotion_receipt.json in Out

	// Root is the folder that documents name files from, and that the relative
	// paths of a packet set and of packets of the reference system start from.
	// Empty: the working directory.
	Root string

	WorldID string // the one world to take packets of; empty: the packet set's, else any
	ByWorld bool   // a folder for each world, also when there is only one

	// ReferenceSignatures makes runtime_signatures.json state the expected decision
	// for what nobody observed, as the reference system does.
	ReferenceSignatures bool
	// AllowUnbound takes packets without a digest of their index, as the reference
	// system writes them. Their bundles must load all the same.
	AllowUnbound bool
	// Deep holds the documents of every bundle against each other before a packet
	// is taken; see bundle.VerifyPacket.
	Deep bool
	// RequireAll promotes nothing unless every packet is taken.
	RequireAll bool

	// What the links and signatures of macOS worlds can point to: files of other
	// tools, empty where there are none.
	OpsCoverage, TagLayouts, SystemProfileDigests, Field2 string

	// Receipted, when not nil, is called when the receipt is written and before
	// anything is made.
	Receipted func(*Promotion)
}
