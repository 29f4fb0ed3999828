#!/usr/bin/env bash
# Builds the web client (clients/web, a Vite project on top of clients/typescript) into FOLDER. The build calls it when a
# source of either changed; what npm has to fetch it fetches only when a lock file is newer than what is installed.
#
#   scripts/build_web.sh FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(realpath -m "${1:?where to?}")
export PATH=$root/.tools/node_modules/node/bin:$root/.tools/node_modules/.bin:$PATH
command -v npm >/dev/null || { echo "build_web: npm is missing; \`scripts/dependencies.sh build\` installs it" >&2; exit 1; }

# Two builds of one clone (with and without sanitizers) share node_modules.
exec 9>"$root/clients/web/.build.lock"
flock 9
install() {
  cd "$root/clients/$1"
  local installed=node_modules/.installed
  [ $installed -nt package-lock.json ] && [ $installed -nt package.json ] && return
  npm install --no-save --no-fund --no-audit --loglevel=error >/dev/null
  mkdir -p node_modules
  touch $installed
}
install typescript
install web
cd "$root/clients/web"
npm run --silent build -- --outDir "$out" --emptyOutDir --logLevel warn
[ -f "$out/index.html" ] || { echo "build_web: Vite left no index.html in $out" >&2; exit 1; }
