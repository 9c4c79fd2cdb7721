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
