#!/usr/bin/env bash
# Writes the files that are made from the server's own tables, with the binary that was built from them. `make generate`
# runs it; the checks refuse files that are not as it would write them.
#
#   scripts/generate.sh BINARY [ROOT]      below ROOT, by default this tree
set -euo pipefail
binary=$(realpath "${1:?which binary?}")
root=${2:-$(cd "$(dirname "$0")/.." && pwd)}
mkdir -p "$root/docs/reference" "$root/clients/typescript/src/generated"

"$binary" schema typescript >"$root/clients/typescript/src/generated/wire.ts"
for page in operations events errors settings commands; do
  "$binary" schema reference "$page" >"$root/docs/reference/$page.md"
done
