# attest: what to type. `make run` and `make test` are the two commands; everything they need they install.

GO ?= go
CASES ?= 300
SEED ?= 1

.PHONY: all build run test test-short deps vet vet-platforms check staticcheck race arm64 soak conform bench fuzz module clean

all: build

build: bin/attest

# Go decides itself what is out of date. The commit goes into the binary, and from there into what it records, also
# where the environment turns that off; not where git cannot read the checkout.
VCS := $(if $(shell git rev-parse HEAD 2>/dev/null),-buildvcs=true)
.PHONY: bin/attest
bin/attest: deps
	$(GO) build $(VCS) -o $@ ./harness/cmd/attest

# A conformance run of the default path: generated cases, then the corpus. Its directory stays below runs/.
run: bin/attest
	bin/attest run --cases $(CASES) --seed $(SEED) --workers $(JOBS)
	bin/attest replay --workers $(JOBS)

# Some packages wait for processes, clocks and sockets, so one more runs than there are processors; vet has looked at the
# tests already. What comes after them runs two at a time, and where make can keep words apart it does. Hostile calls of the
# C interface (mfa-fuzz) are a test of metal/mfa.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
test: deps vet
	$(GO) test -vet=off -p $$(($(JOBS) + 1)) ./...
	$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),-Oline) conform clients mfa-fuzz-library examples

# What CI holds the paths to: no nonconformity in 1,000 default cases on naive and 600 on host, most of whose time goes into
# compiling, under both math modes and a random schedule, under the checkers, through the shared library, and none in the corpus.
conform: bin/attest lib
	rm -rf build/conform
	bin/attest run --path naive --cases 1000 --workers 2 --out build/conform/naive
	bin/attest run --path host --cases 600 --workers 2 --out build/conform/host
	bin/attest run --path host --math safe,fast --schedule forward,random --preset quick --cases 150 --workers 2 --out build/conform/modes
	bin/attest run --path host --check --preset quick --cases 60 --relations 0 --workers 2 --out build/conform/checked
	bin/attest run --path lib:build/libmfa.so --cases 200 --workers 2 --out build/conform/lib
	bin/attest run --path "lib:build/libmfa.so?plain" --cases 200 --workers 2 --out build/conform/plain
	for style in vector blocked split; do \
	  bin/attest run --path msl:examples/msl/$$style.toml --cases 60 --workers 2 --out build/conform/msl-$$style || exit 1; \
	done
	for pages in paged paged_kv; do \
	  bin/attest run --path msl:examples/msl/$$pages.toml --paging.page 1-64 --cases 60 --out build/conform/msl-$$pages || exit 1; \
	done
	bin/attest replay --path naive --workers 2
	bin/attest replay --path host --workers 2

# The quick tests; says how long they ran beside how long they were built.
test-short: deps
	@GO=$(GO) JOBS=$$(($(JOBS) + 1)) sh scripts/test-short.sh

# A C compiler and clang are the only tools beside Go. Nothing is installed where they are there already.
deps:
	@sh scripts/deps.sh $(filter deps,$(MAKECMDGOALS))

vet:
	$(GO) vet ./...
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }

# What stands beside the tests: vet and gofmt, also for systems that are not at hand and without C, staticcheck, the table
# of imports, and the packages that share memory under the race detector. CI runs it beside make test.
check: deps vet staticcheck vet-platforms
	$(GO) test -run '^TestArrows$$' ./harness
	$(MAKE) race

# Without C everything builds, for each of these systems, tests included; what needs C says so when it is used.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64 windows/amd64
vet-platforms: deps
	@for p in $(PLATFORMS); do \
	  echo "CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./..."; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./... || exit 1; \
	done
	CGO_ENABLED=0 $(GO) build -o build/attest-without-c ./harness/cmd/attest
	rm -rf build/without-c
	build/attest-without-c run --path naive --preset quick --cases 5 --workers 1 --out build/without-c
	@build/attest-without-c run --path host --cases 1 --out build/without-c 2> build/without-c.txt; status=$$?; \
	grep -q "this program was built without C" build/without-c.txt && test $$status = 2 || { cat build/without-c.txt; exit 1; }

# Linux on arm64, cross-compiled and run under qemu; skipped, and said so, where the packages are not.
arm64: deps
	GO=$(GO) sh scripts/arm64.sh

# An error may begin with the name of a tensor (Q, K, V), and a duration may be called after what a report prints.
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
staticcheck: deps
	$(GO) run $(STATICCHECK) -checks inherit,-ST1005,-ST1011 ./...

RACE_TIME ?= 5m
# Two tests of mfa build and run C programs of their own, in which the race detector sees nothing.
race: deps
	$(GO) test -race -short -timeout $(RACE_TIME) -skip '^(TestHostileCalls|TestDescriptorsOfOtherHeaders)$$' \
	  ./harness/internal/engine ./harness/internal/campaign ./harness/internal/record ./harness/internal/worker ./metal ./metal/mfa ./metal/internal/device ./metal/internal/host

# Fibers and vectors side by side on one thread: rate, share of the processor's peak, compile seconds, bits. The table stands
# between two marks in metal/README.md, and nobody types it.
.PHONY: bench-engines
bench-engines: deps
	@mkdir -p build
	$(GO) run ./metal/internal/benchengines --out build/engines.md
	sh scripts/between.sh bench-engines build/engines.md metal/README.md

# Holds random kernels that diverge against the referee that runs them by masks, on fibers in every schedule and on vectors, and
# random kernels of all types against what they mean, on fibers and on vectors:
# make random-kernels COUNT=10000 SEED=1000. Cut it short when you like: the same command goes on where it was. ON='^[a-z]+$'
# leaves the schedules with checkers out, which take most of the time. What differs is made smaller and printed.
.PHONY: random-kernels
random-kernels: export ON := $(value ON)
random-kernels: deps
	$(GO) test ./metal/internal/host -count=1 -timeout 0 -v -run '^(TestRandomKernelsDivergeByTheRule|TestRandomKernelsOnVectors|TestRandomKernelsOfManyTypes)$$' \
	  -kernels $(or $(COUNT),10000) -kernels-seed $(SEED) -kernels-on "$$ON" -kernels-tally $(CURDIR)/build/random-kernels

# Compiles every kernel of a project at hand: make real-kernels DIR=... [FLAGS="-I ... -D ... --language 320 --deadline 10m"].
# With -no-code clang stops before it makes code: what it takes and what it refuses is known in a tenth of the time.
# FLAGS are words with quotes where one has a space; the shell sees none of it: FLAGS="-only copy|scan -D 'T=unsigned int'".
.PHONY: real-kernels
real-kernels: export DIR := $(value DIR)
real-kernels: export FLAGS := $(value FLAGS)
real-kernels: deps
	@printf 'sh %s\n' "$$FLAGS" | xargs sh -c '$(GO) run ./metal/internal/realkernels "$$@" "$$DIR"'

# No false alarm in 20,000 default cases.
soak: bin/attest
	bin/attest run --path naive --cases 20000 --seed $(SEED) --workers 2
	bin/attest run --path host --cases 20000 --seed $(SEED) --workers 2
	bin/attest run --path host --check --cases 300 --relations 0 --workers 2

bench: deps
	$(GO) test -run '^$$' -bench . ./...

FUZZTIME ?= 60s
fuzz:
	$(GO) test -run '^$$' -fuzz FuzzNaive -fuzztime $(FUZZTIME) ./harness

# Another path for the module, for whoever publishes it: make module MODULE=example.org/theirs/attest
module:
	@GO=$(GO) sh scripts/module.sh "$(MODULE)"

clean:
	rm -rf bin build runs

include metal/mfa/lib.mk
-include examples/clients.mk harness/internal/bench/bench.mk harness/internal/mutate/mutate.mk swift/swift.mk harness/internal/queue/campaign.mk
