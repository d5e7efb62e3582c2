module github.com/rtgen/rtgen

go 1.26.0

require (
	github.com/ebitengine/purego v0.11.3 // macOS's libraries without cgo
	github.com/gofrs/flock v0.13.1 // the locks of an out folder and of a job's
	github.com/google/renameio/v2 v2.0.2 // whole files or none, for suites and reports
	github.com/google/uuid v1.6.0 // run ids
	github.com/mdlayher/netlink v1.11.2 // the kernel's audit log
	github.com/onsi/ginkgo/v2 v2.34.0 // the host of the suites
	github.com/onsi/gomega v1.44.0 // matchers of the specs
	github.com/owenrumney/go-sarif/v3 v3.3.1 // findings for code hosts
	github.com/pelletier/go-toml/v2 v2.4.3 // profiles in TOML, with the place of every value
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // plan data held against its JSON Schemas
	github.com/spf13/cobra v1.10.2 // the command line
	github.com/tidwall/gjson v1.20.1 // reading JSON documents with the place of every value
	golang.org/x/sys v0.49.0 // system calls
	howett.net/plist v1.0.1 // property lists of macOS
)

require (
	github.com/google/go-cmp v0.7.0 // tests: differences
	github.com/rogpeppe/go-internal v1.16.0 // tests: scripts of the command line
)

require (
	github.com/BurntSushi/toml v1.4.1-0.20240526193622-a339e1f7089c // indirect
	github.com/Masterminds/semver/v3 v3.4.0 // indirect
	github.com/bitfield/gotestdox v0.2.2 // indirect
	github.com/dnephin/pflag v1.0.7 // indirect
	github.com/fatih/color v1.18.0 // indirect
	github.com/fsnotify/fsnotify v1.9.0 // indirect
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/go-task/slim-sprig/v3 v3.0.0 // indirect
	github.com/google/pprof v0.0.0-20260402051712-545e8a4df936 // indirect
	github.com/google/shlex v0.0.0-20191202100458-e7afc7fbc510 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/mdlayher/socket v0.6.0 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/xeipuuv/gojsonpointer v0.0.0-20180127040702-4e3ac2762d5f // indirect
	github.com/xeipuuv/gojsonreference v0.0.0-20180127040603-bd5ef7bd5415 // indirect
	github.com/xeipuuv/gojsonschema v1.2.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/exp/typeparams v0.0.0-20231108232855-2478ac86f678 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/term v0.46.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	gotest.tools/gotestsum v1.13.0 // indirect
	honnef.co/go/tools v0.8.2 // indirect
)

tool (
	github.com/onsi/ginkgo/v2/ginkgo
	gotest.tools/gotestsum
	honnef.co/go/tools/cmd/staticcheck
)
