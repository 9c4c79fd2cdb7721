#!/bin/sh
# test-short.sh: the quick tests of every package. Unlike `go test -short ./...` it first builds all test programs, then
# runs them, JOBS at a time, each in its package's folder; so what building costs is not mistaken for what tests cost.
# What failed is printed whole, after the rest. PACKAGES are some of them: PACKAGES="./reference ./harness/internal/...".
set -eu

# one FOLDER PACKAGE: runs a program that was built, as go test does it.
if [ "${1:-}" = one ]; then
  log=$PROGRAMS/${3##*/}.log began=$(date +%s) word=ok
  cd "$2"
  "$PROGRAMS/${3##*/}.test" -test.short -test.paniconexit0 -test.timeout=10m > "$log" 2>&1 || word=FAIL
  printf '%-4s\t%s\t%ss\n' "$word" "$3" $(($(date +%s) - began))
  [ "$word" = FAIL ] || rm "$log"
  exit 0
fi

GO=${GO:-go} PROGRAMS=$PWD/build/tests
export PROGRAMS
mkdir -p "$PROGRAMS"
rm -f "$PROGRAMS"/*.log
began=$(date +%s)
# Linked without what only a debugger reads, as go test links them. Vet is a target of its own.
"$GO" test -c -vet=off -ldflags='-s -w' -o "$PROGRAMS/" ${PACKAGES:-./...} > "$PROGRAMS/built" 2>&1 || { cat "$PROGRAMS/built" >&2; exit 1; }
"$GO" list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}
{{.ImportPath}}{{end}}' ${PACKAGES:-./...} | grep . > "$PROGRAMS/list"
built=$(date +%s)
tr '\n' '\0' < "$PROGRAMS/list" | xargs -0 -n 2 -P "${JOBS:-2}" sh "$0" one
ran=$(date +%s)

failed=0
for log in "$PROGRAMS"/*.log; do
  [ -f "$log" ] || continue
  failed=1
  printf '\n%s:\n' "$(basename "$log" .log)"
  cat "$log"
done
printf '\nbuilt in %s s, tests ran in %s s\n' $((built - began)) $((ran - built))
exit $failed
