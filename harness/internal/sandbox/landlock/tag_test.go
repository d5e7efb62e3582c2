package landlock

import (
	"strings"
	"testing"
)

// What a thread is called for a layer is read as that layer, for the layers a
// thread can have and the one after that fails, and fits the kernel's 15 bytes.
func TestTagRoundTrip(t *testing.T) {
	for _, tag := range []string{"rt", "a.b", "a.0", ".", strings.Repeat("x", TagMax)} {
		for layer := range MaxLayers + 1 {
			name := string(appendTag(nil, tag, layer))
			if len(name) > 15 {
				t.Errorf("%q is longer than the kernel keeps", name)
			}
			if gotTag, got := CutTag(name); gotTag != tag || got != layer {
				t.Errorf("CutTag(%q) = %q, %d, want %q, %d", name, gotTag, got, tag, layer)
			}
		}
	}
}

func TestCutTagFaults(t *testing.T) {
	for _, comm := range []string{"", ".", ".0", "tag", "tag.", "tag.!", "tag.h", "tag.z", "tag.G", "tag.10", "tag.00", "tag.-1", "tag.+1", "0.tag"} {
		if tag, layer := CutTag(comm); tag != comm || layer != -1 {
			t.Errorf("CutTag(%q) = %q, %d, want it whole, and -1", comm, tag, layer)
		}
	}
}

// A name is cut in what makes the same name again, or not at all.
func FuzzCutTag(f *testing.F) {
	for _, comm := range []string{"rt1-2.0", "tag.f", "tag.G", "a.b.g", "..1", "sleep"} {
		f.Add(comm)
	}
	f.Fuzz(func(t *testing.T, comm string) {
		tag, layer := CutTag(comm)
		switch {
		case layer == -1:
			if tag != comm {
				t.Errorf("CutTag(%q) = %q, -1", comm, tag)
			}
		case layer < 0 || layer > MaxLayers || string(appendTag(nil, tag, layer)) != comm:
			t.Errorf("CutTag(%q) = %q, %d", comm, tag, layer)
		}
	})
}
