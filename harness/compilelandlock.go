package harness

import (
	"path"
	"strconv"
)

// maxStack is far more layers than a kernel takes, which is 16 today: what
// happens at the next one is the kernel's to say.
const maxStack = 64

// landlock resolves what a profile says beside its text. It reports false when
// a text could not be read.
func (comp *compiler) landlock(p *Profile, out *CompiledPolicy) bool {
	if p.Landlock == nil {
		return true
	}
	l := p.Landlock
	out.OptionalParents, out.RestrictFlags = l.OptionalParents, l.RestrictFlags
	out.NewPrivs = l.NoNewPrivs != nil && !*l.NoNewPrivs
	texts, complete := comp.texts(p, "landlock.compose", l.Compose)
	out.Compose = texts
	room := maxStack - 1
	further, ok := comp.further(p, "", &room)
	if room < 0 {
		comp.profileFault(codeBadStack, p, "has more than %d layers with those of the profiles it stacks; the kernel takes 16", maxStack)
		return false
	}
	out.Layers = further
	return complete && ok
}

// further is the layers of a profile inside its first: its own, then those of
// the profiles it stacks. as is the id they are marked with. It stops when room
// is below zero.
func (comp *compiler) further(p *Profile, as string, room *int) (layers []CompiledLayer, complete bool) {
	complete = true
	for i, l := range p.Landlock.Layers {
		if *room--; *room < 0 {
			return layers, complete
		}
		texts, ok := comp.texts(p, "landlock.layers["+strconv.Itoa(i)+"].files", l.Files)
		if complete = complete && ok && len(texts) > 0; len(texts) == 0 {
			continue // reading the layer has said so
		}
		from := p.Landlock.origin(&l, as)
		layers = append(layers, CompiledLayer{Profile: from.profile, Texts: texts, OptionalParents: from.optional, RestrictFlags: l.RestrictFlags})
	}
	for _, id := range p.Landlock.Stack {
		if *room--; *room < 0 {
			return layers, complete
		}
		q, known := comp.registry.Profile(id)
		if !known {
			comp.profileFault(codeBadStack, p, "landlock.stack names unknown profile %q", id)
			complete = false
			continue
		}
		if q.noPath {
			complete = false
			continue // reading it has said so
		}
		first := CompiledLayer{Profile: q.ID}
		text, ok := comp.text(q, "profile_path", q.Path)
		complete = complete && ok
		first.Texts = []CompiledText{text}
		var inside []CompiledLayer
		if q.Landlock != nil {
			first.OptionalParents, first.RestrictFlags = q.Landlock.OptionalParents, q.Landlock.RestrictFlags
			texts, ok := comp.texts(q, "landlock.compose", q.Landlock.Compose)
			first.Texts = append(first.Texts, texts...)
			more, insideOK := comp.further(q, q.ID, room)
			inside = more
			complete = complete && ok && insideOK
		}
		layers = append(append(layers, first), inside...)
	}
	return layers, complete
}

// text reads one text of a profile; key is where the profile names it.
func (comp *compiler) text(p *Profile, key, file string) (CompiledText, bool) {
	if text, given := comp.given[path.Clean(file)]; given {
		return CompiledText{Path: text.Name, Text: string(text.Data)}, true
	}
	data, name, err := comp.src.readText(comp.plan, p, key, file)
	if err != nil {
		comp.faults.add(err)
		return CompiledText{}, false
	}
	return CompiledText{Path: name, Text: string(data)}, true
}

func (comp *compiler) texts(p *Profile, key string, files []string) (texts []CompiledText, complete bool) {
	complete = true
	for _, file := range files {
		text, ok := comp.text(p, key, file)
		complete = complete && ok
		texts = append(texts, text)
	}
	return texts, complete
}
