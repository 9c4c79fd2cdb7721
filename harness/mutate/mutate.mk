# How many planted bugs the harness finds. Included by the Makefile at the top.
#
#   make mutate         every mutant, 500 cases each at most
#   make mutate-peers   the same, and what other projects' rules find: the table of the README

MUTATE_WORKERS ?= 2
MUTATE_CASES ?= 500

.PHONY: mutate mutate-peers
mutate: bin/attest
	bin/attest mutate --cases $(MUTATE_CASES) --workers $(MUTATE_WORKERS)

mutate-peers: bin/attest
	bin/attest mutate --peers --markdown --cases $(MUTATE_CASES) --workers $(MUTATE_WORKERS)
