# attest: what to type. `make run` and `make test` are the two commands; everything they need they install.

GO ?= go
CASES ?= 300
SEED ?= 1

.PHONY: all build run test test-short deps vet soak conform bench fuzz clean

all: build

build: bin/attest

# Go decides itself what is out of date.
.PHONY: bin/attest
bin/attest: deps
	$(GO) build -o $@ ./harness/cmd/attest

# A conformance run of the default path: generated cases, then the corpus. Its directory stays below runs/.
run: bin/attest
	bin/attest run --cases $(CASES) --seed $(SEED)
	bin/attest replay

test: deps vet
	$(GO) test ./...
	$(MAKE) conform

# What CI holds both paths to: no nonconformity in 1,000 default cases of each, none in the corpus.
conform: bin/attest
	rm -rf build/conform
	bin/attest run --path naive --cases 1000 --workers 2 --out build/conform/naive
	bin/attest run --path host --cases 1000 --workers 2 --out build/conform/host
	bin/attest replay --path naive
	bin/attest replay --path host

test-short: deps
	$(GO) test -short ./...

# A C compiler and clang are the only tools beside Go. Nothing is installed where they are there already.
deps:
	@sh scripts/deps.sh

vet:
	$(GO) vet ./...
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }

# No false alarm in 20,000 default cases.
soak: bin/attest
	bin/attest run --path naive --cases 20000 --seed $(SEED) --workers 2
	bin/attest run --path host --cases 20000 --seed $(SEED) --workers 2

bench: deps
	$(GO) test -run '^$$' -bench . ./...

FUZZTIME ?= 60s
fuzz:
	$(GO) test -run '^$$' -fuzz FuzzNaive -fuzztime $(FUZZTIME) ./harness

clean:
	rm -rf bin build runs
