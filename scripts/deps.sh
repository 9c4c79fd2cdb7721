#!/bin/sh
# Installs what attest needs beside Go, on Debian and Ubuntu; elsewhere names it. Does nothing where it is there.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

have go || { echo "attest needs Go 1.26 or later: https://go.dev/dl" >&2; exit 1; }

packages=
have cc || have gcc || packages="$packages gcc libc6-dev"

# MSL is compiled by clang in its C++ for OpenCL mode; 14 to 19 work. ATTEST_CLANG names another one.
clang_here() {
  [ -n "${ATTEST_CLANG:-}" ] && return 0
  for v in 19 18 17 16 15 14; do
    have "clang-$v" && return 0
  done
  have clang && [ "$(uname -s)" != Darwin ]
}
[ "$(uname -s)" = Darwin ] || clang_here || packages="$packages clang"

# Engine wide makes vectors of what opt of LLVM 19 (package llvm-19) leaves of a kernel; without it every kernel stays on
# fibers, and that is told. So nothing fails without it, and it is installed only beside a clang that is, or by `make deps`.
optional=
if [ "${1:-}" = deps ] && have clang-19 && ! have opt-19 && have apt-get && { [ "$(id -u)" -eq 0 ] || have sudo; }; then
  optional=llvm-19
fi

[ -n "$packages$optional" ] || exit 0

if [ "$(uname -s)" = Darwin ]; then
  echo "attest needs:$packages. Install the command line tools: xcode-select --install" >&2
  exit 1
fi
if ! have apt-get; then
  echo "attest needs:$packages. Install them with this system's package manager." >&2
  exit 1
fi
root=
if [ "$(id -u)" -ne 0 ]; then
  have sudo || { echo "attest needs:$packages. As root: apt-get install$packages" >&2; exit 1; }
  root=sudo
fi

# The newest clang that the distribution has and attest knows.
$root apt-get update -qq || [ -z "$packages" ]
case "$packages" in *clang*)
  for v in 19 18 17 16 15 14; do
    if apt-cache show "clang-$v" >/dev/null 2>&1; then
      packages=$(echo "$packages" | sed "s/clang$/clang-$v/")
      break
    fi
  done
esac
case "$packages" in *clang-19*) optional=llvm-19 ;; esac
if [ -n "$packages" ]; then
  echo "installing:$packages" >&2
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $packages >&2
fi
if [ -n "$optional" ]; then
  echo "installing: $optional" >&2
  DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $optional >&2 ||
    echo "$optional could not be installed: --engine wide keeps every kernel on fibers" >&2
fi
