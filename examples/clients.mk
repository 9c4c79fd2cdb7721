# Programs on pipes: the reference clients, held to default cases. Included by the Makefile at the top.
#
#   make clients   the Python, C and Go clients, 200 default cases each; Python is left out, loudly, where numpy is not

CLIENT_CASES ?= 200
# Debian's Python has Debian's numpy; another one that is first on the path may have none.
PYTHON3 = $(firstword $(foreach p,python3 /usr/bin/python3,$(if $(shell $(p) -c 'import numpy' 2>/dev/null && echo yes),$(p))))

.PHONY: clients
clients: bin/attest
	@sh scripts/numpy.sh
	rm -rf build/clients
	@mkdir -p build/clients
	$(CC) -std=c11 -O2 -Wall -Wextra -Werror -o build/clients/c examples/c/naive.c -lm
	$(GO) build -o build/clients/go ./examples/go
	bin/attest run --path exec:build/clients/c --cases $(CLIENT_CASES) --workers 2 --out build/clients/run-c
	bin/attest run --path exec:build/clients/go --cases $(CLIENT_CASES) --workers 2 --out build/clients/run-go
	@$(MAKE) --no-print-directory clients-python

.PHONY: clients-python
clients-python:
	@if [ -z "$(PYTHON3)" ]; then echo "::warning title=the Python client was SKIPPED::no Python with numpy here"; exit 0; fi; set -ex; (cd examples/python; $(PYTHON3) test_client.py); \
	bin/attest run --path "exec:$(PYTHON3) examples/python/naive.py" --cases $(CLIENT_CASES) --workers 2 --out build/clients/run-python
