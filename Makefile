# What runs here runs everywhere: Go is all it needs. The race detector also
# needs a C compiler and is left out, aloud, where there is none.
PLANS  := $(wildcard plans/*/plan.json)
RACE   := $(if $(shell command -v $$(go env CC)),-race)
OUT    := out/agent-workspace
STAND_IN := $(addprefix ./harness/internal/,channel/... libsystem macselfcheck op/seatbelt sandbox/seatbelt worker world)
FUZZTIME ?= 3s
N      ?= 100000

# A seed of its own, so that a change is judged by what it changes; the target
# differential has another each time.
test: lint generate-check darwin stand-in  ## everything CI runs
	$(if $(RACE),,@echo "no C compiler: running without the race detector")
	BUNDLE_TEST_SWEEP=1 RTGEN_DIFFERENTIAL_N=100000 RTGEN_DIFFERENTIAL_SEED=1 go tool gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg -- $(RACE) ./...

demo: bin/rtgen  ## enforce a policy, probe it, keep the evidence
	bin/rtgen run --plan plans/agent-workspace/plan.json --channel clean --out $(OUT)
	bin/rtgen validate-bundle --bundle $(OUT)
	bin/rtgen emit-promotion --bundle $(OUT) --out $(OUT)/promotion_packet.json --require-promotable
	bin/rtgen promote-packets --packets $(OUT)/promotion_packet.json --out out/mappings

generate: bin/rtgen  ## suites from plans
	$(foreach p,$(PLANS),bin/rtgen compile --plan $(p) &&) true

generate-check: bin/rtgen
	$(foreach p,$(PLANS),bin/rtgen compile --check --plan $(p) &&) true

lint:
	test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...

# What cannot be run here is vetted, compiled and linked, tests too, for both of
# macOS's architectures. What is unused there may be used here.
darwin: bin/staticcheck
	GOOS=darwin GOARCH=arm64 bin/staticcheck -checks inherit,-U1000 ./...
	$(foreach arch,arm64 amd64,GOOS=darwin GOARCH=$(arch) go vet ./... && GOOS=darwin GOARCH=$(arch) go test -c -o /dev/null $$(GOOS=darwin GOARCH=$(arch) go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...) &&) true

# Whole sessions of macOS's plans, over a stand-in for its kernel that no release
# holds: what it decides, the model says.
stand-in: bin/staticcheck
	go vet -tags seatbelt_fake ./...
	bin/staticcheck -tags seatbelt_fake -checks inherit,-U1000 ./...
	go tool gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg -- -tags seatbelt_fake $(RACE) $(STAND_IN)
	go tool gotestsum --format pkgname-and-test-fails -- -tags seatbelt_fake $(RACE) -run '^Test(Seatbelt|Launch|AlreadySandboxed)' ./harness

mac-selfcheck:  ## on a Mac: every assumption about macOS, one by one
	go build -o bin/macselfcheck ./harness/internal/macselfcheck
	bin/macselfcheck

bench:  ## our worker beside its alternatives, and the whole job
	go run ./harness/specs/bench

fuzz:  ## every reader, for FUZZTIME each
	go run ./harness/internal/fuzz -time $(FUZZTIME)
	GOFLAGS=-tags=seatbelt_fake go run ./harness/internal/fuzz -time $(FUZZTIME) -match '^FuzzHear$$' ./harness/internal/worker

differential:  ## the Landlock model beside the kernel, N decisions; SEED repeats a run
	RTGEN_DIFFERENTIAL_N=$(N) RTGEN_DIFFERENTIAL_SEED=$(SEED) RTGEN_DIFFERENTIAL_PROGRESS=1 go test -count 1 -timeout 0 -v -run '^TestDifferential$$' ./harness/internal/oracle/landlock/differential

bin/rtgen: FORCE
	go build -o $@ ./cmd/rtgen

# A host's own: go tool would make one for GOOS.
bin/staticcheck: go.mod
	go build -o $@ honnef.co/go/tools/cmd/staticcheck

clean:
	rm -rf bin out suites/*/out

FORCE:
.PHONY: test demo generate generate-check lint darwin stand-in mac-selfcheck bench fuzz differential clean FORCE
