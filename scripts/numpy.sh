#!/bin/sh
# Installs numpy for the Python client's test, on Debian and Ubuntu, where it is missing and can be had.
set -u
for python in python3 /usr/bin/python3; do
  "$python" -c 'import numpy' 2>/dev/null && exit 0
done
command -v apt-get >/dev/null 2>&1 || exit 0
root=
[ "$(id -u)" -eq 0 ] || root=sudo
{ $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends python3-numpy; } >&2 || exit 0
