#!/bin/sh
# Gives the module another path, as somebody does who publishes it: sh scripts/module.sh example.org/theirs/attest
# The old path is replaced in go.mod and wherever else it stands, and imports are put in order again.
set -eu
new=${1:-}
case $new in
'' | /* | */ | *//* | *[!A-Za-z0-9._/~-]*)
	echo "make module: MODULE '$new'; want a module's path, such as example.org/theirs/attest" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
old=$(sed -n 's/^module //p' go.mod)
if [ "$new" = "$old" ]; then
	echo "the module is $new already"
	exit 0
fi
# A dot in the old path stands for itself alone.
pattern=$(printf '%s' "$old" | sed 's/\./\\./g')
grep -rIl --exclude-dir=.git --exclude-dir=.build --exclude-dir=bin --exclude-dir=build --exclude-dir=runs "$pattern" . |
	while IFS= read -r file; do
		sed "s#$pattern#$new#g" "$file" >"$file.new"
		cat "$file.new" >"$file" # the file keeps its mode
		rm "$file.new"
	done
gofmt -w $(${GO:-go} list -f '{{.Dir}}' ./...)
echo "the module is $new now; it was $old"
