package harness

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/analysis"
)

// RuntimeLinks lead from profiles and expectations back to the packets that have
// their evidence, as a mapping set's runtime_links.json has them.
type RuntimeLinks = analysis.Links

// ProfileLink is the entry of a profile, as its type and as it stands in the
// file.
type ProfileLink = analysis.LinkEntry[analysis.ProfileLink]

// ExpectationLink is the entry of an expectation, the same.
type ExpectationLink = analysis.LinkEntry[analysis.ExpectationLink]

// DefaultLinks is where links are looked for under the root.
const DefaultLinks = "mappings/" + analysis.LinksFile

// LoadRuntimeLinks reads links from where the zero Source finds them.
func LoadRuntimeLinks(file string) (*RuntimeLinks, error) { return Source{}.LoadRuntimeLinks(file) }

// LoadRuntimeLinks reads links. An empty file is DefaultLinks under the root. Of
// the file it is asked only what a lookup needs: those of the reference system
// read too. One that is missing, or is no file of links, is an *InputError.
func (s Source) LoadRuntimeLinks(file string) (*RuntimeLinks, error) {
	if file == "" {
		root, err := s.RootFor(".")
		if err != nil {
			return nil, err
		}
		file = filepath.Join(root, filepath.FromSlash(DefaultLinks))
	}
	links, err := analysis.LoadLinks(file)
	switch _, unread := errors.AsType[*fs.PathError](err); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, inputErrorf("%s: no such file; rtgen promote-packets makes one, --links names one that is elsewhere", file)
	case unread:
		return nil, err
	case err != nil:
		return nil, &InputError{err}
	}
	return links, nil
}

// ListLinkedProfiles are the ids of the linked profiles, sorted.
func ListLinkedProfiles(links *RuntimeLinks) []string { return links.Profiles() }

// ListLinkedExpectations are the ids of the linked expectations, sorted.
func ListLinkedExpectations(links *RuntimeLinks) []string { return links.Expectations() }

// ResolveProfileLink is the entry of a profile; nil when there is none, or it is
// no object.
func ResolveProfileLink(links *RuntimeLinks, id string) *ProfileLink { return links.Profile(id) }

// ResolveExpectationLink is the entry of an expectation; nil when there is none,
// or it is no object.
func ResolveExpectationLink(links *RuntimeLinks, id string) *ExpectationLink {
	return links.Expectation(id)
}
