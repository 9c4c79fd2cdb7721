#!/bin/bash
# A Swift 6 toolchain, whatever this machine has.
#
#   toolchain.sh run DIR COMMAND...   runs COMMAND in DIR with swift on its PATH, making a toolchain first if need be
#   toolchain.sh prepare              only makes it
#   toolchain.sh which                says what `run` would use: "system", "beside" or "none: why not"
#
# A `swift` on the PATH of version 6 or later is used as it is. Else, on an amd64 or arm64 Debian, Debian 13's packages
# are unpacked in a cache folder and entered by chroot in a mount namespace of the command's own: nothing is installed,
# no package script runs, apt's own state is not touched, and removing the folder removes all of it. That needs root.
#
#   ATTEST_SWIFT_CACHE   the cache folder; by default attest/swift in the user's cache folder. About 2 GB.
#   ATTEST_SWIFT_MIRROR  the Debian mirror; by default the one this system's apt uses.
set -euo pipefail

cache=${ATTEST_SWIFT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/attest/swift}
suite=trixie
tree=$cache/$suite
# swiftlang brings clang and lld; the rest is what a build inside runs: a shell, the usual tools, a linker and libc.
packages=(base-files bash coreutils findutils grep sed mawk libc6-dev g++ binutils swiftlang libswiftlang)
# What a build never runs: debugger, language server, formatter, documentation.
unneeded=(
  './usr/share/doc' './usr/share/man' './usr/share/locale' './usr/share/info'
  './usr/libexec/swift/share/doc' './usr/libexec/swift/bin/lldb*' './usr/libexec/swift/bin/clangd'
  './usr/libexec/swift/bin/sourcekit-lsp' './usr/libexec/swift/bin/docc' './usr/libexec/swift/bin/swift-format'
  './usr/libexec/swift/lib/liblldb.so*' './usr/libexec/swift/lib/libsourcekitdInProc.so'
  './usr/libexec/swift/lib/swift/embedded' './usr/libexec/swift/lib/swift/FrameworkABIBaseline'
)
stamp="layout 1: ${packages[*]}"

say() { echo "toolchain.sh: $*" >&2; }
fail() { say "$*"; exit 1; }

system_swift() {
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\).*/\1/p' | head -n 1) || return 1
  [ "${version:-0}" -ge 6 ]
}

ready() { [ "$(cat "$tree/.stamp" 2>/dev/null)" = "$stamp" ]; }

# Why a toolchain cannot be put beside this system; nothing where it can.
obstacle() {
  local tool
  [ "$(uname -s)" = Linux ] || { echo "no swift 6 on the PATH (on macOS: xcode-select --install)"; return; }
  case $(uname -m) in x86_64|aarch64) ;; *) echo "no Swift packages for $(uname -m)"; return;; esac
  [ "$(id -u)" = 0 ] || { echo "no swift 6 on the PATH, and entering one beside the system needs root"; return; }
  unshare --mount true 2>/dev/null || { echo "no swift 6 on the PATH, and no mount namespaces here"; return; }
  ready && return
  for tool in apt-get dpkg-deb; do
    command -v $tool >/dev/null || { echo "no swift 6 on the PATH, and no $tool to get Debian's"; return; }
  done
  [ -n "${ATTEST_SWIFT_MIRROR:-}" ] || [ -n "$(mirror)" ] ||
    { echo "no swift 6 on the PATH, and apt here knows no Debian mirror (ATTEST_SWIFT_MIRROR names one)"; return; }
}

# The archive that this system's own apt reads, security updates apart.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "Debian" && $1 !~ /security/ {print $1; exit}'
}

# An apt of its own: its sources, lists, archive and package status all lie in the cache.
private_apt() {
  local arch keyring=/usr/share/keyrings/debian-archive-keyring.gpg from=${ATTEST_SWIFT_MIRROR:-$(mirror)}
  arch=$(dpkg --print-architecture)
  [ -r $keyring ] || fail "no $keyring to check packages against (apt-get install debian-archive-keyring)"
  mkdir -p "$cache"/apt/{lists/partial,archives/partial}
  : >"$cache/apt/status"
  echo "deb [signed-by=$keyring] $from $suite main" >"$cache/apt/sources.list"
  cat >"$cache/apt/apt.conf" <<CONF
Dir::State "$cache/apt"; Dir::State::lists "$cache/apt/lists"; Dir::State::status "$cache/apt/status";
Dir::Cache "$cache/apt"; Dir::Cache::archives "$cache/apt/archives";
Dir::Etc::sourcelist "$cache/apt/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null"; Dir::Log "$cache/apt";
APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Install-Recommends "false";
APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Retries "3"; Debug::NoLocking "true";
CONF
  export APT_CONFIG=$cache/apt/apt.conf
}

unpack() { # PACKAGE-FILE FOLDER

  dpkg-deb --fsys-tarfile "$1" |
    tar -x -C "$2" --keep-directory-symlink $(printf -- '--exclude=%s ' "${unneeded[@]}")
}

prepare() {
  ready && return
  # One at a time: who waited for another finds it ready.
  mkdir -p "$cache"
  exec 8>"$cache/.lock"
  flock 8
  if ready; then exec 8>&-; return; fi
  unpack_all
  exec 8>&-
}

unpack_all() {
  local why part began=$SECONDS list name
  why=$(obstacle)
  [ -z "$why" ] || fail "$why"
  say "putting Swift beside this system, in $cache (once; about 550 MB to download)"
  private_apt
  apt-get -qq update || fail "apt-get update failed for $suite"
  # The closure is asked for against an empty archive, for what is there already would be left out of the list.
  list=$(apt-get -qq -y -o Dir::Cache::archives="$cache/apt/lists" --print-uris install "${packages[@]}" |
    sed -n "s/^'[^']*' \([^ ]*\) .*/\1/p")
  [ "$(wc -l <<<"$list")" -gt "${#packages[@]}" ] || fail "apt named no packages for ${packages[*]}"
  apt-get -qq -y --download-only install "${packages[@]}" >/dev/null || fail "the download failed"
  say "downloaded after $((SECONDS - began)) s"

  part=$(mktemp -d "$cache/unpacking.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  # base-files makes the links of a merged /usr, through which the others unpack; the big one is most of the time.
  unpack "$cache"/apt/archives/base-files_*.deb "$part"
  unpack "$cache"/apt/archives/swiftlang_*.deb "$part" &
  for name in $list; do
    case $name in base-files_*|swiftlang_*) ;; *) unpack "$cache/apt/archives/$name" "$part";; esac
  done
  wait $!
  furnish "$part"
  chmod 755 "$part"
  echo "$stamp" >"$part/.stamp"
  rm -rf "$tree"
  mv "$part" "$tree"
  trap - EXIT
  rm -rf "$cache/apt/archives" # the tree is the cache
  say "ready after $((SECONDS - began)) s, $(du -sm "$tree" | cut -f1) MB"
}

# What the packages' own scripts would have made.
furnish() { # FOLDER
  local tool
  for tool in swift swiftc clang clang++; do
    [ -e "$1/usr/bin/$tool" ] || ln -s ../libexec/swift/bin/$tool "$1/usr/bin/$tool"
  done
  [ -e "$1/usr/bin/sh" ] || ln -s bash "$1/usr/bin/sh"
  ln -sf mawk "$1/usr/bin/awk"
  mkdir -p "$1"/{dev,proc,sys,tmp,root,etc}
  chmod 1777 "$1/tmp"
  echo 'root:x:0:0:root:/root:/bin/bash' >"$1/etc/passwd"
  echo 'root:x:0:' >"$1/etc/group"
}

# Runs in the tree with the checkout (and what ATTEST_SWIFT_BIND names, colon-separated) at the same paths as outside.
# The mounts are in this process's namespace alone and go with it.
enter() { # FOLDER COMMAND...
  local folder
  folder=$(cd "$1" && pwd -P)
  shift
  export tree folder binds
  binds=$(git -C "$folder" rev-parse --show-toplevel 2>/dev/null || echo "$folder"):${ATTEST_SWIFT_BIND:-}
  exec unshare --mount --propagation private bash -euc '
    mount --rbind /dev "$tree/dev"
    mount -t proc proc "$tree/proc"
    IFS=:
    for path in $binds; do
      [ -d "$path" ] || continue
      mkdir -p "$tree$path"
      mount --bind "$path" "$tree$path"
    done
    exec chroot "$tree" /usr/bin/env PATH=/usr/bin:/usr/sbin HOME=/root LANG=C.UTF-8 \
      bash -c "cd \"$folder\" && exec \"\$@\"" bash "$@"
  ' bash "$@"
}

case ${1:-} in
which)
  if system_swift; then echo system; exit; fi
  why=$(obstacle)
  if [ -n "$why" ]; then echo "none: $why"; else echo beside; fi
  ;;
prepare) system_swift || prepare ;;
run)
  [ $# -ge 3 ] || fail "run DIR COMMAND..."
  shift
  if system_swift; then cd "$1" && shift && exec "$@"; fi
  prepare
  enter "$@"
  ;;
*) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
