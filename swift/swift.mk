# swift/: the mfa library over Metal, written in Swift. Included by the Makefile at the top.
#
#   make swift        swift/.build/libMFAFFI.so (.dylib on macOS), with attest beside it
#   make swift-test   the Swift tests, then the path over the library
#   make swift-which  which Swift would do it: system, beside, or why there is none
#
# Where no Swift can be had, the first two say so and fail; CI asks swift-which first.

SWIFT_TOOL := swift/toolchain.sh
SWIFT_RUN := $(SWIFT_TOOL) run swift
SWIFT_SUFFIX := $(if $(filter Darwin,$(shell uname -s)),dylib,so)
SWIFT_LIBRARY := swift/.build/libMFAFFI.$(SWIFT_SUFFIX)
SWIFT_CASES ?= 300

# On Linux the Swift runtime goes into the library, which so runs on systems without Swift and, with GlibcCompat, on
# older ones than the one that built it. macOS has the runtime.
SWIFT_STATIC := -Xswiftc -static-stdlib --static-swift-stdlib -Xlinker --gc-sections -Xlinker -s \
	-Xlinker -Bsymbolic -Xlinker -z -Xlinker nodelete -Xlinker -soname -Xlinker libMFAFFI.so
SWIFT_FLAGS := -c release --product MFAFFI $(if $(filter so,$(SWIFT_SUFFIX)),$(SWIFT_STATIC))

.PHONY: swift swift-test swift-which
swift: bin/attest
	@# The build tool does not know that kernel_text.c holds the kernel.
	@if [ metal/kernels/attention.metal -nt swift/Sources/CMFA/kernel_text.c ]; then touch swift/Sources/CMFA/kernel_text.c; fi
	$(SWIFT_RUN) env ATTEST_STATIC=$(if $(filter so,$(SWIFT_SUFFIX)),1,0) swift build $(SWIFT_FLAGS)
	@# Not a link: the folder of the build is of one architecture, and what is loaded must not change under its users.
	cp -f swift/.build/release/libMFAFFI.$(SWIFT_SUFFIX) $(SWIFT_LIBRARY).new
	mv -f $(SWIFT_LIBRARY).new $(SWIFT_LIBRARY)
	ln -sf $(abspath bin/attest) swift/.build/attest

swift-test: swift
	$(SWIFT_RUN) env ATTEST_METAL_FOUNDATION=1 ATTEST_MSL=$(abspath bin/attest) swift test
	bin/attest run --path $(if $(filter dylib,$(SWIFT_SUFFIX)),metal,swift) --cases $(SWIFT_CASES)

swift-which:
	@$(SWIFT_TOOL) which
