#!/bin/sh
# between.sh NAME TEXT FILE: puts the file TEXT between the marks of a Markdown FILE, lines <!-- NAME --> and <!-- end of NAME -->.
set -eu
if [ $# != 3 ]; then
  echo "between.sh: want NAME TEXT FILE, got $# arguments" >&2
  exit 2
fi
name=$1 text=$2 file=$3
fail() {
  echo "between.sh: $1" >&2
  exit 1
}
[ -s "$text" ] || fail "$text: nothing to put into $file"
for mark in "<!-- $name -->" "<!-- end of $name -->"; do
  [ "$(grep -cxF -e "$mark" "$file")" = 1 ] || fail "$file: want one line $mark"
done
new=$(mktemp)
trap 'rm -f "$new"' EXIT
awk -v first="<!-- $name -->" -v last="<!-- end of $name -->" '
  FNR == NR { text = text $0 "\n"; next }
  $0 == last { within = 0 }
  !within { print }
  $0 == first { within = 1; printf "%s", text }' "$text" "$file" > "$new"
cat "$new" > "$file" # which keeps its mode
