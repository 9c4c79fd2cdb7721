# swift/: the mfa library over Metal, written in Swift. Included by the Makefile at the top.
#
#   make swift        swift/.build/libMFAFFI.so (.dylib on macOS), with attest beside it
#   make swift-test   all that the library is held to: the Swift tests, a program that only knows Metal, hostile calls of
#                     the C interface, the bits of the host path, the corpus, cases
#   make swift-ffi    what a call costs from Go beside the same call from C, in one run
#   make swift-package DIR=...        somebody else's Swift package for Metal: attest swift build DIR
#   make swift-package-test DIR=...   and its tests: attest swift test DIR
#   make swift-which  which Swift would do it: system, beside, or why there is none
#   make swift-ci     swift-test, or where there is no Swift a loud word that nothing was tested
#
# Where no Swift can be had, all but the last two say so and fail.

SWIFT_TOOL := swift/toolchain.sh
SWIFT_RUN := $(SWIFT_TOOL) run swift
SWIFT_SUFFIX := $(if $(filter Darwin,$(shell uname -s)),dylib,so)
SWIFT_LIBRARY := swift/.build/libMFAFFI.$(SWIFT_SUFFIX)
SWIFT_PATH := $(if $(filter dylib,$(SWIFT_SUFFIX)),metal,swift)
SWIFT_CASES ?= 1000
SWIFT_FUZZ_CALLS ?= 100000

# On Linux the Swift runtime goes into the library, which so runs on systems without Swift and, with GlibcCompat, on
# older ones than the one that built it. macOS has the runtime.
SWIFT_STATIC := -Xswiftc -static-stdlib --static-swift-stdlib -Xlinker --gc-sections -Xlinker -s \
	-Xlinker -Bsymbolic -Xlinker -z -Xlinker nodelete -Xlinker -soname -Xlinker libMFAFFI.so
SWIFT_FLAGS := -c release --product MFAFFI $(if $(filter so,$(SWIFT_SUFFIX)),$(SWIFT_STATIC))

.PHONY: swift-package swift-package-test
swift-package swift-package-test: bin/attest
	@test -n "$(DIR)" || { echo "make $@ DIR=folder of a Swift package"; exit 2; }
	bin/attest swift $(if $(filter %-test,$@),test,build) "$(DIR)"

.PHONY: swift swift-test swift-ffi swift-which swift-ci
swift: bin/attest
	@# The build tool does not know that kernel_text.c holds the kernel.
	@if [ metal/kernels/attention.metal -nt swift/Sources/CMFA/kernel_text.c ]; then touch swift/Sources/CMFA/kernel_text.c; fi
	$(SWIFT_RUN) env ATTEST_STATIC=$(if $(filter so,$(SWIFT_SUFFIX)),1,0) swift build $(SWIFT_FLAGS)
	@# Not a link: the folder of the build is of one architecture, and what is loaded must not change under its users.
	cp -f swift/.build/release/libMFAFFI.$(SWIFT_SUFFIX) $(SWIFT_LIBRARY).new
	mv -f $(SWIFT_LIBRARY).new $(SWIFT_LIBRARY)
	ln -sf $(abspath bin/attest) swift/.build/attest

# ATTEST_SWIFT makes a library that is not found a failure, where the Go test would be skipped.
swift-test: swift
	$(SWIFT_RUN) env ATTEST_METAL_FOUNDATION=1 ATTEST_MSL=$(abspath bin/attest) swift test
	$(SWIFT_RUN) env ATTEST_METAL_FOUNDATION=1 ATTEST_MSL=$(abspath bin/attest) swift run Saxpy
	ATTEST_SWIFT_PACKAGE=1 $(GO) test -count=1 -timeout 60m ./harness/internal/swiftpkg
	$(MAKE) mfa-fuzz-library MFA_BUILD=build/swift MFA_FUZZ_LIBRARY=$(SWIFT_LIBRARY) MFA_FUZZ_LIBRARY_CALLS=$(SWIFT_FUZZ_CALLS)
	ATTEST_SWIFT=$(abspath $(SWIFT_LIBRARY)) $(GO) test -count=1 -run '^TestSwift' ./harness/internal/paths/catalog
	bin/attest replay --path $(SWIFT_PATH)
	bin/attest run --path $(SWIFT_PATH) --cases $(SWIFT_CASES)

swift-ffi: swift
	bin/attest bench --path $(SWIFT_PATH) --quick --only in=fp32/D=64 --ffi

swift-which:
	@$(SWIFT_TOOL) which

# GitHub shows a line that begins with ::warning in its summary; anywhere else it is as loud as lines are.
swift-ci:
	@which=$$($(SWIFT_TOOL) which); case $$which in \
	none:*) echo "::warning title=swift/ was SKIPPED::Nothing of swift/ was built or tested: $$which" ;; \
	*) echo "Swift: $$which"; $(MAKE) swift-test ;; esac
