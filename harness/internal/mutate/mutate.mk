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
	@awk 'FNR == NR { if (/^[|]/) table = table $$0 "\n"; next } \
	  /<!-- end of mutate-peers -->/ { within = 0 } !within { print } \
	  /<!-- mutate-peers -->/ { within = 1; printf "%s", table }' build/peers.txt README.md > build/README.md
	cp build/README.md README.md

#   make triggers       the triggers that a run finds, against mutants of all families and against libraries with several
#                       bugs at once: a table in build/triggers.md. TRIGGER_FAMILY mutants of each family.
TRIGGER_FAMILY ?= 3
TRIGGER_CASES ?= 160
TRIGGER_FRESH ?= 200
.PHONY: triggers
triggers: bin/attest
	rm -f build/triggers.md
	$(GO) run ./harness/internal/trigger/proof --family $(TRIGGER_FAMILY) --cases $(TRIGGER_CASES) --fresh $(TRIGGER_FRESH)
	$(GO) run ./harness/internal/trigger/proof --cases 300 --together kv-len-from-q,grouped-heads-interleaved,row-slack-ignored,window-right-exclusive,mask-bias-before-scale,logsumexp-base-2
	$(GO) run ./harness/internal/trigger/proof --cases 300 --together causal-later-heads-zero,mask-bool-inverted,scale-zero-is-default,first-batch-only,output-through-fp16,nan-in-v-lost
