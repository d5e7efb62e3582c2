package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type registryUpgradeOptions struct {
	from   registryFlags
	asJSON bool
	harness.UpgradeOptions
}

func newRegistryUpgradeCommand(src *harness.Source) *cobra.Command {
	var o registryUpgradeOptions
	cmd := &cobra.Command{
		Use:   "registry-upgrade {--registry ID | --plan PLAN} [--out-dir DIR] [--overwrite] [--json]",
		Short: "Write a v0.1 or v0.2 registry as v0.2, with every key filled in",
		Long: `Registry-upgrade reads the two files of a registry and writes them as v0.2: keys
that older files may leave out are filled in, keys come sorted. Upgrading what it
wrote gives the same bytes.

The files keep their names. Both go to DIR, which must exist, or to the folder of
the probes file: to upgrade in place, add --overwrite. Nothing is written when
one of them exists without it, when an entry breaks the rules that all versions
share (the first such entry is told, with all that is wrong with it), or when
the result would not load.

Exit codes: 0 written; 2 bad usage, an unknown registry, bad data, or a file that
exists; 3 the files could not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRegistryUpgrade(*src, o, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	o.from.add(cmd)
	f.StringVar(&o.OutDir, "out-dir", "", "`folder` of the upgraded files; default: that of the probes file")
	f.BoolVar(&o.Overwrite, "overwrite", false, "replace files that exist")
	f.BoolVar(&o.asJSON, "json", false, "print where the files are as JSON")
	return cmd
}

func runRegistryUpgrade(src harness.Source, o registryUpgradeOptions, stdout io.Writer) error {
	if err := o.from.check("registry-upgrade"); err != nil {
		return err
	}
	o.Plan = o.from.plan
	res, err := src.UpgradeRegistry(o.from.registry, o.UpgradeOptions)
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(stdout, res)
	}
	for _, path := range []string{res.ProbesPath, res.ProfilesPath} {
		fmt.Fprintf(stdout, "[+] wrote %s\n", shown(path))
	}
	return nil
}
