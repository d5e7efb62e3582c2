package harness

import (
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/inventory"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// InventorySchema is the schema_version of a RuntimeInventory.
const InventorySchema = inventory.Schema

// RuntimeInventory is what lies in a tree: plans, registries, templates, suites,
// bundles, packets and mappings, what covers what, and what is stale. Every path
// in it is relative to the root.
type RuntimeInventory = inventory.Document

// InventoryFinding is one thing in a tree that is stale, or not there yet.
type InventoryFinding = inventory.Finding

// InventoryCode is one kind of finding in a tree.
type InventoryCode = inventory.Code

// InventoryCodes are the kinds of finding in a tree.
func InventoryCodes() []InventoryCode { return inventory.Codes() }

// BuildRuntimeInventory looks through the tree at root and, unless out is empty,
// writes what it found there as JSON. It is the reference's
// build_runtime_inventory.
func BuildRuntimeInventory(root, out string) (*RuntimeInventory, error) {
	doc, err := Source{Root: root}.RuntimeInventory()
	if err != nil || out == "" {
		return doc, err
	}
	return doc, doc.WriteFile(out)
}

// RuntimeInventory looks through the tree at the root. It reads only, takes no
// lock, and follows no symlink. What cannot be read is a finding; the error means
// that the root could not be looked at, or, as an *InputError, that it is too
// large to be meant.
func (s Source) RuntimeInventory() (*RuntimeInventory, error) {
	root, err := s.RootFor(".")
	if err != nil {
		return nil, err
	}
	// Plans of the tree are looked up from its root, wherever they lie.
	s.Root = root
	tree, err := inventory.Open(root)
	if err != nil {
		return nil, fmt.Errorf("inventory of %s: %s", root, plainReason(err))
	}
	defer tree.Close()
	found, err := tree.Walk()
	var large *inventory.TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, inputErrorf("%s has %w; name a smaller root with --root", root, err)
	case err != nil:
		return nil, fmt.Errorf("inventory of %s: %s", root, plainReason(err))
	}
	doc := &RuntimeInventory{
		SchemaVersion: InventorySchema, WorldID: worldHere(), GeneratedBy: "rtgen inventory",
		Keywords: inventory.Keywords(), External: inventory.Tools(),
	}
	doc.InRepo, doc.UnclassifiedHits = tree.Hits(found)
	doc.Suites = tree.Suites(found)
	plans := s.inventoryPlans(tree, found, doc)
	s.inventoryRegistries(tree, doc, plans)
	s.inventoryTemplates(doc, plans)
	doc.Bundles = tree.Outs(found, doc.WorldID)
	doc.Packets = tree.Packets(found, doc.Bundles, doc.WorldID)
	doc.Mappings = tree.Mappings(found)
	tree.Judge(doc, found.Findings)
	return doc, nil
}

// worldHere is the world id of this host, as far as it can be told.
func worldHere() string {
	facts, err := world.Survey()
	if err != nil {
		return inventory.UnknownWorld
	}
	return facts.ID()
}
