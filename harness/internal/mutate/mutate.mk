# How many planted bugs the harness finds. Included by the Makefile at the top.
#
#   make mutate         every mutant, 500 cases each at most
#   make mutate-peers   the same, and what other projects' rules find, in build/peers.json and in the README's table

MUTATE_WORKERS ?= 2
MUTATE_CASES ?= 500

.PHONY: mutate mutate-peers
mutate: bin/attest
	bin/attest mutate --cases $(MUTATE_CASES) --workers $(MUTATE_WORKERS)

# The table stands between two marks in the README, and nobody types it.
mutate-peers: bin/attest
	@mkdir -p build
	bin/attest mutate --peers --markdown --json --cases $(MUTATE_CASES) --workers $(MUTATE_WORKERS) > build/peers.txt
	tail -n 1 build/peers.txt > build/peers.json
	grep '^|' build/peers.txt > build/peers.md
	sh scripts/between.sh mutate-peers build/peers.md README.md

#   make triggers       the triggers that a run finds, against mutants of all families and against libraries with several
#                       bugs at once: a table in build/triggers.md, and in harness/internal/trigger/proof/testdata. TRIGGER_FAMILY mutants of each family. What was found for
#                       each is kept in build/triggers, so that the command, cut off or with TRIGGER_TIME, goes on where it
#                       was; rm -r build/triggers begins anew.
#   make triggers-quick the same for the mutants' own conditions, without running a kernel: a minute
TRIGGER_FAMILY ?= 3
TRIGGER_CASES ?= 160
TRIGGER_FRESH ?= 200
TRIGGER_TIME ?= 2h
# Cases outside what was found, of a library with several bugs: a bug whose cases another one's triggers nearly cover is met late.
LIBRARY_CASES ?= 1000
# Libraries of six, eight and ten bugs of different families.
SIX = kv-len-from-q,grouped-heads-interleaved,row-slack-ignored,window-right-exclusive,mask-bias-before-scale,logsumexp-base-2
EIGHT = causal-bottom-right-for-top-left,window-right-exclusive,mask-row-broadcast,scale-magnitude,mask-strides-contiguous,large-head-dim-never-runs,last-row-block-dropped,first-batch-only
TEN = large-head-dim-never-runs,mask-one-tile-of-four,window-left-exclusive,logsumexp-by-kv-head,v-has-strides-of-k,bf16-store-truncates,scale-zero-is-default,causal-bottom-right-for-top-left,rows-past-q-written,softcap-dropped
.PHONY: triggers triggers-quick eight
triggers: bin/attest
	rm -f build/triggers.md
	$(GO) run ./harness/internal/trigger/proof --family $(TRIGGER_FAMILY) --cases $(TRIGGER_CASES) --fresh $(TRIGGER_FRESH) --time $(TRIGGER_TIME) --results build/triggers
	for library in $(SIX) $(EIGHT) $(TEN); do \
	  $(GO) run ./harness/internal/trigger/proof --cases $(LIBRARY_CASES) --together $$library || exit 1; \
	done
	cp build/triggers.md harness/internal/trigger/proof/testdata/triggers.md

triggers-quick:
	rm -f build/triggers-quick.md
	$(GO) run ./harness/internal/trigger/proof --pretend --family 9 --out build/triggers-quick.md
	for library in $(SIX) $(EIGHT) $(TEN); do \
	  $(GO) run ./harness/internal/trigger/proof --pretend --cases 200 --together $$library --out build/triggers-quick.md || exit 1; \
	done

# The page of a run on the library with eight bugs, and the two pictures of it that the README shows.
eight: bin/attest
	rm -rf build/eight
	$(GO) run ./harness/internal/trigger/proof --cases $(LIBRARY_CASES) --together $(EIGHT) --keep build/eight --out build/eight.md
	ATTEST_SCREENSHOTS=$(CURDIR)/harness/internal/report/screenshots ATTEST_SCREENSHOTS_RUN=$(CURDIR)/build/eight/several-run \
	  $(GO) test -count=1 -run '^TestScreenshots$$' ./harness/internal/report
