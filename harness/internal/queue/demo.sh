#!/bin/sh
# demo.sh ATTEST FOLDER: a queue, three workers of which one is killed, and the merged run against that of one machine.
set -e
attest=$(realpath "$1")
rm -rf "$2"
mkdir -p "$2"
cd "$2"
path='fault:wrong?when=mask.kind=="additive"'
flags='--preset quick --cases 600 --seed 1 --relations 0'
pids=
trap 'kill $pids 2>/dev/null || true' EXIT

"$attest" campaign serve --dir queue --listen 127.0.0.1:0 & serve=$!; pids="$pids $serve"
until [ -f queue/url ]; do sleep 0.1; done
# $flags is split on purpose.
"$attest" campaign submit --dir queue --name demo --path mine --item 16 $flags
for w in one two three; do
  "$attest" campaign work --dir queue --name $w --path "mine=$path" > $w.log 2>&1 & pids="$pids $!"
  eval pid_$w=$!
done
# Once something has come back, one of them dies as by a loss of power, and what it was at goes to another.
until "$attest" campaign status --dir queue --name demo | grep -q 'mine: [1-9][0-9]* of'; do sleep 0.2; done
kill -9 $pid_two
echo "worker two is killed"
"$attest" campaign status --dir queue --name demo --watch
"$attest" campaign merge --dir queue --name demo --out run > merged.txt || [ $? = 1 ]

echo "the same on one machine, without a queue"
mkdir alone
(cd alone && "$attest" run --path "$path" $flags --out run > ../alone.txt 2>/dev/null || [ $? = 1 ])
for d in run alone/run; do
  sed -E -e 's/"(elapsed_seconds|wall_seconds|compile_seconds)":[0-9.e+-]+/"\1":0/g' -e 's/,"sum":"[0-9a-f]+"//' $d/results.jsonl > $d.txt
  sed -i -E 's/^  "seconds": [0-9.e+-]+,$/  "seconds": 0,/' $d/findings/*
done
cmp run.txt alone/run.txt
diff -r run/failures alone/run/failures
diff -r run/findings alone/run/findings
diff -r run/pictures alone/run/pictures
sed -n '/^finding/,$p' merged.txt
echo "the two runs are the same: $(wc -l < run.txt) results, $(ls run/failures | wc -l) files of failures, $(ls run/findings | wc -l) finding"
