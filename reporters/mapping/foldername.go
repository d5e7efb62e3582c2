package mapping

import (
	"regexp"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// unsafeRun is what may mean something in a path.
var unsafeRun = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

const maxFolderName = 120

// folderNames gives each world's folder among those of the others. A world's id is
// its name where it can be; else as much of it as can, with the start of its
// digest, so that no two worlds share a folder on any file system.
func folderNames(worlds []string) []string {
	count := map[string]int{strings.ToLower(IndexFile): 1, strings.ToLower(ReceiptFile): 1, strings.ToLower(CrossWorldFile): 1}
	for _, world := range worlds {
		count[strings.ToLower(world)]++
	}
	names := make([]string, len(worlds))
	for i, world := range worlds {
		name := strings.Trim(unsafeRun.ReplaceAllString(world, "_"), "._")
		if name != world || len(name) > maxFolderName || count[strings.ToLower(name)] > 1 {
			name = name[:min(len(name), maxFolderName)] + "-" + bundle.DigestOf([]byte(world)).String()[:8]
		}
		names[i] = name
	}
	return names
}
