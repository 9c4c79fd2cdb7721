# Campaigns: one run on many machines. Included by the Makefile at the top.
#
#   make campaign-demo     a queue, three workers of which one is killed, the merged run against that of one machine
#   make campaign-faults   50 processes are killed, stopped and started again: see FAULTS.md
#   make campaign-soak     CAMPAIGN_CASES default cases of CAMPAIGN_PATH; a small JSON file has the outcome. It goes on where an
#                          earlier one was interrupted; CAMPAIGN_TIME ends it early. A soak of days is several, each with a
#                          CAMPAIGN_SEED of its own
#   make campaign-cost     two workers against run --workers 2, in turns
#   make campaign-simulate 1,000 workers and 10^9 cases, by the figures of this machine: see SCALE.md

CAMPAIGN_CASES ?= 1000000
CAMPAIGN_PATH ?= naive
CAMPAIGN_WORKERS ?= 2
CAMPAIGN_TIME ?= 24h
CAMPAIGN_SEED ?= 1
CAMPAIGN_ROUNDS ?= 50
CAMPAIGN_DIR ?= build/campaign

.PHONY: campaign-demo campaign-faults campaign-soak campaign-cost campaign-simulate
campaign-demo: bin/attest
	sh harness/internal/queue/demo.sh bin/attest $(CAMPAIGN_DIR)/demo

campaign-faults: deps
	ATTEST_CAMPAIGN_ROUNDS=$(CAMPAIGN_ROUNDS) $(GO) test -count=1 -v -timeout 30m -run TestNothingIsLostWhateverIsKilled ./harness/internal/queue

campaign-soak: bin/attest
	sh harness/internal/queue/soak.sh bin/attest $(CAMPAIGN_DIR)/soak $(CAMPAIGN_PATH) $(CAMPAIGN_CASES) $(CAMPAIGN_WORKERS) $(CAMPAIGN_TIME) $(CAMPAIGN_SEED)

campaign-cost: bin/attest
	sh harness/internal/queue/cost.sh bin/attest $(CAMPAIGN_DIR)/cost

campaign-simulate:
	$(GO) test -run '^$$' -bench Queue -benchtime 2s ./harness/internal/queue
	$(GO) run ./harness/internal/queue/simulate
