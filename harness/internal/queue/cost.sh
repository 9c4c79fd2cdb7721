#!/bin/sh
# cost.sh ATTEST FOLDER [ROUNDS] [CASES]: two workers with a queue against run --workers 2, the same cases, in turns: processor
# time (user and system, of all processes) and wall time. On a machine that does other things too only the first means anything.
set -e
attest=$(realpath "$1") rounds=${3:-3} cases=${4:-600}
rm -rf "$2"
mkdir -p "$2"
cd "$2"
flags="--cases $cases --seed 1 --triggers=false --reduce 0"
cpu() { # processor and wall seconds of a command and its children
  /usr/bin/env bash -c 'TIMEFORMAT="%U %S %R"; { time "$@" > /dev/null 2>&1; } 2>&1' cpu "$@" | awk '{ printf "%.2f %.2f", $1 + $2, $3 }'
}
for round in $(seq $rounds); do
  a=$(cpu "$attest" run --path naive --workers 2 $flags --out run$round)
  mkdir queue$round
  export attest flags
  b=$(cpu sh -c "$(cat <<SCRIPT
set -e
\$attest campaign serve --dir queue$round --listen 127.0.0.1:0 & serve=\$!
until [ -f queue$round/url ]; do sleep 0.05; done
\$attest campaign submit --dir queue$round --name cost --path naive \$flags
\$attest campaign work --dir queue$round --path naive --name one --idle 2s & one=\$!
\$attest campaign work --dir queue$round --path naive --name two --idle 2s & two=\$!
wait \$one; wait \$two
\$attest campaign merge --dir queue$round --name cost --out merged$round
kill \$serve; wait \$serve || true
SCRIPT
)")
  echo "$a $b" >> both.txt
  echo "round $round: $a $b" | awk '{ printf "%s %s run --workers 2 %.1f s of processor time, %.1f s; queue with two workers and merge %.1f s, %.1f s, of which 2 s wait for more work: %+.1f %% of processor time\n", $1, $2, $3, $4, $5, $6, 100 * ($5 / $3 - 1) }'
done
awk '{ a += $1; b += $3; c += $2; d += $4 - 2 } END { printf "together: %.1f s and %.1f s of processor time: %+.1f %%; wall %.1f s and %.1f s: %+.1f %%\n", a, b, 100 * (b / a - 1), c, d, 100 * (d / c - 1) }' both.txt
