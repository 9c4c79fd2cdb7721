#!/bin/sh
# soak.sh ATTEST FOLDER PATH CASES WORKERS TIME [SEED]: a campaign of so many default cases, with a queue of its own. What is done
# stays in FOLDER, so that the next call goes on. FOLDER/PATH.json has the outcome so far.
set -e
attest=$(realpath "$1") path=$3 cases=$4 workers=$5 limit=$6 seed=${7:-1}
mkdir -p "$2"
cd "$2"
isolate= # a process of its own costs a quarter more, and naive, which is attest's, needs none
[ "$path" != naive ] || isolate=--isolate=false
pids= tries=0
trap 'kill $pids 2>/dev/null || true' EXIT
rm -f queue/url
"$attest" campaign serve --dir queue --listen 127.0.0.1:0 & pids=$!
until [ -f queue/url ]; do sleep 0.1; done
name=soak-$path-$cases-seed-$seed
"$attest" campaign status --dir queue | grep -qx "$name" ||
  "$attest" campaign submit --dir queue --name "$name" --path "$path" --cases "$cases" --seed "$seed" $isolate
rm -f "$path.log" # that of an earlier call
"$attest" campaign work --dir queue --path "$path" --workers "$workers" $isolate --name "$(uname -n)" 2> "$path.log" & pids="$pids $!"
until grep -Eqs "taking part in $name[:,]" "$path.log"; do # a worker says nothing of a campaign that is done
  sleep 0.2
  tries=$((tries + 1))
  [ $tries -lt 50 ] || break
done
if grep -s "not taking part in $name:" "$path.log" >&2; then # begun by another build: whose cases are whose would not be known
  echo "soak: $2/queue is another attest's; want that one, or another folder" >&2
  exit 2
fi
timeout "$limit" "$attest" campaign status --dir queue --name "$name" --watch > /dev/null || [ $? = 124 ]
status=$("$attest" campaign status --dir queue --name "$name" --json)
number() { echo "$status" | sed -n "s/.*\"path\":\"$path\"[^}]*\"$1\":\([0-9.]*\).*/\1/p"; }
elapsed=$(echo "$status" | sed -n 's/^{"name":"[^"]*",\("cancelled":true,\)\{0,1\}"seconds":\([0-9.]*\).*/\2/p')
commit=$("$attest" version | sed -n 's/^commit //p')
printf '{"date": "%s", "commit": "%s", "path": "%s", "preset": "default", "seed": %s, "cases": %s, "passed": %s, "failed": %s, "inconclusive": %s, "worker_seconds": %s, "seconds": %s, "wanted": %s}\n' \
  "$(date -u +%Y-%m-%d)" "$commit" "$path" "$seed" "$(number cases)" "$(number passed)" "$(number failed)" "$(number inconclusive)" "$(number seconds)" "$elapsed" "$cases" > "$path.json"
cat "$path.json"
[ "$(number failed)" = 0 ]
