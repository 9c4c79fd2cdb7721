# Speed: the table of attest bench against a baseline. Included by the Makefile at the top.
#
#   make bench-table      the table itself, and what a call costs from Go and from C
#   make bench-compare    against the committed baseline: exit 1 on a significant slowdown
#   make bench-baseline   writes the baseline anew: do it on the machine that will compare, with nothing else running
#
# What is compared is time in yardsticks, fixed arithmetic that ran beside it, so that a machine which is twice as busy
# does not look like a kernel which is twice as slow. A baseline still holds for the machine that made it and for no
# other: attest compare warns where the device or the toolchain differs, and then the figures compare two machines.

BENCH_PATH ?= host
BENCH_FLAGS ?= --quick
BENCH_BASELINE ?= harness/internal/bench/baseline.txt
BENCH_THRESHOLD ?= 10%

.PHONY: bench-table bench-baseline bench-compare
bench-table: bin/attest
	bin/attest bench --path $(BENCH_PATH) --ffi

bench-baseline: bin/attest
	bin/attest bench --path $(BENCH_PATH) $(BENCH_FLAGS) --out $(BENCH_BASELINE)

bench-compare: bin/attest
	@mkdir -p build
	bin/attest bench --path $(BENCH_PATH) $(BENCH_FLAGS) --out build/bench.txt
	bin/attest compare --threshold $(BENCH_THRESHOLD) $(BENCH_BASELINE) build/bench.txt
