# libmfa: the C library for other languages, with the host device in it. Included by the Makefile at the top.
#
#   make lib        build/libmfa.so, build/include/mfa.h, build/lib/pkgconfig/mfa.pc
#   make lib-asan   build/asan/libmfa.so, with the address sanitizer
#   make mfa-fuzz   hostile calls of the C interface, under the address sanitizer
#   make mfa-plan   which plans a device and a call's extents get
#   make mfa-sizes  descriptors of older and newer headers, under the address sanitizer
#   make mfa-fuzz-library   the same calls of build/libmfa.so, or of MFA_FUZZ_LIBRARY, which really computes
#   make examples   the examples in C, and those in Rust where cargo is

MFA_BUILD ?= build
MFA_CFLAGS := -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -Wall -Wextra -Imetal/internal/device -Imetal/internal/host -Imetal/internal/msl/include
MFA_SOURCES := $(filter-out metal/mfa/library.c,$(wildcard metal/mfa/*.c)) $(wildcard metal/mfa/shared/*.c)
MFA_HOST := $(wildcard metal/internal/host/*.c metal/internal/host/*.S)
MFA_HEADERS := $(wildcard metal/mfa/*.h metal/internal/host/*.h metal/internal/device/*.h metal/internal/msl/include/msl_abi.h)
MFA_FUZZ_CALLS ?= 100000

, := ,
MFA_SUFFIX := $(if $(filter Darwin,$(shell uname -s)),dylib,so)
MFA_LINK := -shared -ldl -lpthread -lm $(if $(filter so,$(MFA_SUFFIX)),-Wl$(,)-soname$(,)libmfa.so.1 -Wl$(,)-z$(,)nodelete -Wl$(,)-z$(,)noexecstack,-install_name @rpath/libmfa.dylib)

.PHONY: lib lib-asan mfa-fuzz mfa-fuzz-library mfa-plan mfa-sizes examples
lib: $(MFA_BUILD)/libmfa.$(MFA_SUFFIX) $(MFA_BUILD)/include/mfa.h $(MFA_BUILD)/lib/pkgconfig/mfa.pc $(MFA_BUILD)/attest

# The library compiles its kernels with the attest command, which it looks for beside itself.
$(MFA_BUILD)/attest: bin/attest
	@mkdir -p $(@D)
	ln -sf $(abspath $<) $@

$(MFA_BUILD)/mfa/kernel_text.c: metal/kernels/attention.metal
	@mkdir -p $(@D)
	{ echo 'const char mfa_kernel_text[] = {'; od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '0};'; } > $@

$(MFA_BUILD)/libmfa.$(MFA_SUFFIX): $(MFA_SOURCES) $(MFA_HOST) $(MFA_HEADERS) $(MFA_BUILD)/mfa/kernel_text.c
	$(CC) $(MFA_CFLAGS) $(CFLAGS) -o $@ $(MFA_SOURCES) $(MFA_HOST) $(MFA_BUILD)/mfa/kernel_text.c $(MFA_LINK)
	ln -sf $(@F) $(@D)/libmfa.so.1

$(MFA_BUILD)/include/mfa.h: metal/mfa/mfa.h
	@mkdir -p $(@D)
	cp $< $@

$(MFA_BUILD)/lib/pkgconfig/mfa.pc: metal/mfa/mfa.pc.in
	@mkdir -p $(@D)
	sed 's|@prefix@|$(abspath $(MFA_BUILD))|' $< > $@

lib-asan: $(MFA_BUILD)/asan/libmfa.$(MFA_SUFFIX)
$(MFA_BUILD)/asan/libmfa.$(MFA_SUFFIX): $(MFA_SOURCES) $(MFA_HOST) $(MFA_HEADERS) $(MFA_BUILD)/mfa/kernel_text.c
	@mkdir -p $(@D)
	$(CC) $(MFA_CFLAGS) -fsanitize=address,undefined -fno-omit-frame-pointer -o $@ $(MFA_SOURCES) $(MFA_HOST) $(MFA_BUILD)/mfa/kernel_text.c $(MFA_LINK)
	ln -sf $(@F) $(@D)/libmfa.so.1

# The calls run against a device that touches the corners of every tensor, so a hole in the checks is an invalid access.
MFA_FUZZ_CORNERS := $(addprefix metal/mfa/test/,fuzz_corners.c corners.c fuzz.c call.c spoil.c)
$(MFA_BUILD)/mfa/fuzz: $(MFA_FUZZ_CORNERS) $(wildcard metal/mfa/test/*.h) $(filter-out metal/mfa/shared/device.c,$(MFA_SOURCES)) $(MFA_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(MFA_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -o $@ $(filter %.c,$^) -lpthread -lm
mfa-fuzz: $(MFA_BUILD)/mfa/fuzz
	$(MFA_BUILD)/mfa/fuzz $(MFA_FUZZ_CALLS) 1

# Descriptors of older and newer headers.
$(MFA_BUILD)/mfa/sizes: $(addprefix metal/mfa/test/,sizes.c corners.c call.c) $(wildcard metal/mfa/test/*.h) $(filter-out metal/mfa/shared/device.c,$(MFA_SOURCES)) $(MFA_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(MFA_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -o $@ $(filter %.c,$^) -lpthread -lm
mfa-sizes: $(MFA_BUILD)/mfa/sizes
	$(MFA_BUILD)/mfa/sizes

# Which plans a device and a call's extents get.
$(MFA_BUILD)/mfa/plan: metal/mfa/test/plan.c $(filter-out metal/mfa/shared/device.c,$(MFA_SOURCES)) $(MFA_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(MFA_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -o $@ $(filter %.c,$^) -lpthread -lm
mfa-plan: $(MFA_BUILD)/mfa/plan
	$(MFA_BUILD)/mfa/plan

# The program is linked with the library and finds it at that place again.
MFA_FUZZ_LIBRARY ?= $(MFA_BUILD)/libmfa.$(MFA_SUFFIX)
MFA_FUZZ_LIBRARY_CALLS ?= 20000
MFA_FUZZ_PROGRAM := $(addprefix metal/mfa/test/,fuzz_library.c fuzz.c call.c spoil.c)
$(MFA_BUILD)/mfa/fuzz-library: $(MFA_FUZZ_PROGRAM) $(wildcard metal/mfa/test/*.h) metal/mfa/mfa.h $(MFA_FUZZ_LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(MFA_CFLAGS) -o $@ $(MFA_FUZZ_PROGRAM) $(abspath $(MFA_FUZZ_LIBRARY)) -Wl,-rpath,$(abspath $(dir $(MFA_FUZZ_LIBRARY))) -lpthread -lm
mfa-fuzz-library: $(MFA_BUILD)/mfa/fuzz-library $(MFA_BUILD)/attest
	ATTEST_MSL=$(abspath bin/attest) $(MFA_BUILD)/mfa/fuzz-library $(MFA_FUZZ_LIBRARY_CALLS) 1

# Programs that call libmfa, and libraries that are an implementation of their own: a page each, in C and in Rust. The
# latter are held to 200 judged cases.
EXAMPLE_CASES ?= 200
CARGO := $(shell cargo --version > /dev/null 2>&1 && echo cargo)
EXAMPLES := build/examples

examples: lib
	$(MAKE) -C examples/c PKG_CONFIG_PATH=$(abspath $(MFA_BUILD))/lib/pkgconfig OUT=$(abspath $(EXAMPLES)) run
	$(CC) -std=c11 -O2 -Wall -Wextra -Werror -shared -fPIC -o $(EXAMPLES)/libimplement.$(MFA_SUFFIX) examples/c/implement.c -lm
	rm -rf $(EXAMPLES)/run-c $(EXAMPLES)/run-rust
	bin/attest run --path lib:$(EXAMPLES)/libimplement.$(MFA_SUFFIX) --cases $(EXAMPLE_CASES) --workers 2 --out $(EXAMPLES)/run-c
	@if [ -z "$(CARGO)" ]; then echo "examples: no cargo that runs here, the Rust examples are left out"; exit 0; fi; set -ex; \
	export CARGO_TARGET_DIR=$(abspath $(EXAMPLES))/rust; \
	(cd examples/rust/attention && MFA_LIB_DIR=$(abspath $(MFA_BUILD)) cargo run --release); \
	(cd examples/rust/implement && cargo build --release); \
	bin/attest run --path lib:$(EXAMPLES)/rust/release/libimplement.$(MFA_SUFFIX) --cases $(EXAMPLE_CASES) --workers 2 --out $(EXAMPLES)/run-rust
