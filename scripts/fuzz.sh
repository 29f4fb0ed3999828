#!/usr/bin/env bash
# Runs every fuzz target of a build directory for some seconds each, from the seeds in tests/fuzz/corpus and from what
# earlier runs found (kept in DIR/corpus). Stops at the first finding and names its input.
#
#   scripts/fuzz.sh DIR SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 seconds=$2 count=0
for target in "$build"/tests/fuzz/fuzz_*; do
  [ -x "$target" ] && [ ! -d "$target" ] || continue
  name=${target##*/fuzz_}
  found=$build/corpus/$name log=$build/fuzz-$name.log
  mkdir -p "$found"
  seeds=("$found")
  [ -d "tests/fuzz/corpus/$name" ] && seeds+=("tests/fuzz/corpus/$name")
  printf '%-14s %s s … ' "$name" "$seconds"
  if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$build/$name-" "${seeds[@]}" \
    >"$log" 2>&1 </dev/null; then
    printf 'FAILED\n'
    tail -n 40 "$log"
    exit 1
  fi
  printf '%s runs\n' "$(grep -oE 'Done [0-9]+ runs' "$log" | grep -oE '[0-9]+' || echo 0)"
  count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "no fuzz targets in $build/tests/fuzz"; exit 1; }
