#!/bin/sh
# Installs the browser that the page's tests want, where apt-get is and may; prints its name.
for name in chromium chromium-browser google-chrome; do
	if command -v "$name" >/dev/null 2>&1; then command -v "$name"; exit 0; fi
done
if [ -n "$CI" ] && command -v apt-get >/dev/null 2>&1; then
	{ sudo -n true && as=sudo; } >/dev/null 2>&1
	{ $as apt-get update && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >&2 &&
		command -v chromium && exit 0
fi
exit 1
