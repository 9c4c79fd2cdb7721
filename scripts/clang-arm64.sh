#!/bin/sh
# clang for a program that runs under qemu-aarch64: make arm64 names it in ATTEST_CLANG. The program asks for the
# processor that it runs on, which this machine's clang does not know from inside.
for argument do
  shift
  [ "$argument" = -mcpu=native ] && argument=-mcpu=cortex-a76
  set -- "$@" "$argument"
done
exec "${CLANG:-clang}" --target=aarch64-linux-gnu "$@"
