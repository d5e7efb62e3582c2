package made

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Forge changes a document of the bundle that a packet leads to, and gives index
// and packet the digests that follow, as somebody would who wants to be believed:
// every digest holds afterwards, and the packet says of the bundle what it said
// before. The statement beside it goes.
func Forge(packet, name string, change func([]byte) ([]byte, error)) error {
	p, err := bundle.LoadPacket(packet)
	if err != nil {
		return err
	}
	dir := filepath.Dir(p.Path(p.RunManifest))
	file := filepath.Join(dir, name)
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if data, err = change(data); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	indexDigest, err := rewrite(filepath.Join(dir, bundle.IndexFile), func(index *bundle.Index) {
		for i := range index.Artifacts {
			if e := &index.Artifacts[i]; path.Base(e.Path) == name {
				e.FileSize, e.SHA256 = int64(len(data)), bundle.DigestOf(data)
			}
		}
	})
	if err != nil {
		return err
	}
	if _, err := rewrite(packet, func(p *bundle.Packet) { p.ArtifactIndex.SHA256 = indexDigest }); err != nil {
		return err
	}
	if err := os.Remove(bundle.StatementPath(packet)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ForgeEvents is Forge for the observations.
func ForgeEvents(packet string, change func([]artifact.Event) []artifact.Event) error {
	return Forge(packet, artifact.RuntimeEventsFile, func(data []byte) ([]byte, error) {
		var events []artifact.Event
		if err := json.Unmarshal(data, &events); err != nil {
			return nil, err
		}
		return artifact.Encode(change(events), artifact.IndentedSorted)
	})
}

// rewrite changes a document where it lies and gives its new digest.
func rewrite[T any](file string, change func(*T)) (bundle.Digest, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return bundle.Digest{}, err
	}
	doc := new(T)
	if err := json.Unmarshal(data, doc); err != nil {
		return bundle.Digest{}, fmt.Errorf("%s: %w", file, err)
	}
	change(doc)
	if data, err = artifact.Encode(doc, artifact.Indented); err != nil {
		return bundle.Digest{}, fmt.Errorf("%s: %w", file, err)
	}
	return bundle.DigestOf(data), os.WriteFile(file, data, 0o644)
}
