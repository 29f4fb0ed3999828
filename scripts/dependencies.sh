#!/usr/bin/env bash
# Installs the distribution packages that AIIM needs, and only those that are missing: when nothing is, it changes
# nothing, needs neither root nor a network and takes a few milliseconds.
#
#   scripts/dependencies.sh PROFILE...     make | build | demo | test | fuzz | browser
#
# Debian 12 and 13, Ubuntu 24.04. Where a package has another name elsewhere, the names stand together as "a|b": one that
# is installed counts, otherwise the first that the distribution offers is installed.
set -euo pipefail

make_packages=(make git ca-certificates)
build_packages=(
  make g++ cmake ninja-build ccache mold pkg-config
  "libboost1.81-dev|libboost1.83-dev|libboost-dev" "libboost-url1.81-dev|libboost-url1.83-dev|libboost-url-dev"
  libsimdjson-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libpq-dev libjemalloc-dev libsodium-dev libicu-dev
  prometheus-cpp-dev libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev
  libgtest-dev libbenchmark-dev zlib1g-dev libbrotli-dev
)
demo_packages=(curl jq python3-websockets ca-certificates)  # what the README's tour uses
test_packages=(
  "${demo_packages[@]}" git sqlite3 openssl procps util-linux clang-format clang-tidy shellcheck
  python3 python3-pytest python3-psycopg2 python3-jsonschema python3-cryptography
  "postgresql-15|postgresql-17|postgresql-16|postgresql"
)
fuzz_packages=(clang "libclang-rt-14-dev|libclang-rt-19-dev|libclang-rt-18-dev|clang")
browser_packages=(chromium fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core)

log=${TMPDIR:-/tmp}/aiim-dependencies.$(id -u).log
lock=${TMPDIR:-/tmp}/aiim-dependencies.$(id -u).lock
say() { printf 'dependencies: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

offered() { [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) == *"Candidate: "[!\(]* ]]; }

# Prints the wanted entries of which no name is installed.
missing() {
  local entry name names status
  local -A installed=()
  IFS='|' read -ra names <<<"$(IFS='|'; printf '%s' "$*")"
  while read -r status name; do [ "$status" = ii ] && installed[$name]=yes; done \
    < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "${names[@]}" 2>/dev/null || true)
  for entry in "$@"; do
    IFS='|' read -ra names <<<"$entry"
    for name in "${names[@]}"; do [ -n "${installed[$name]:-}" ] && continue 2; done
    printf '%s\n' "$entry"
  done
}

# Prints the name to install for an entry.
choose() {
  local name names
  IFS='|' read -ra names <<<"$1"
  for name in "${names[@]}"; do offered "$name" && { printf '%s\n' "$name"; return; }; done
  fail "the package lists offer none of: ${names[*]}"
}

as_root() { if [ "$(id -u)" = 0 ]; then env "$@"; else sudo -n env "$@" 2>/dev/null || sudo env "$@"; fi; }

# apt-get with all output in the log and a line of progress now and then; waits for other users of apt.
apt() {
  local attempt
  for attempt in 1 2 3 4 5; do
    printf '== apt-get %s\n' "$*" >>"$log"
    if as_root DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
      -o Acquire::Retries=3 "$@" 2>&1 | tee -a "$log" | progress; then
      return 0
    fi
    if tail -n 20 "$log" | grep -Eqi 'could not get lock|unable to lock|is held by process'; then
      say "another program is using apt; waiting (attempt $attempt of 5)"
    else
      say "apt-get $1 failed (attempt $attempt of 5), once more in a moment"
    fi
    sleep $((attempt * 5))
  done
  tail -n 15 "$log" >&2
  fail "apt-get $1 failed; the whole output is in $log"
}

progress() { awk '/^Unpacking /{u++} /^Setting up /{s++; if (s % 25 == 0) {print "dependencies: " s " of " u " packages set up" > "/dev/stderr"}}'; }

node_is_new_enough() { command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }

# The JavaScript clients' tests want Node 20. Where the distribution's is older, npm's own `node` package brings one
# into .tools/, which the Makefile puts first in PATH.
ensure_node() {
  local tools
  tools=$(cd "$(dirname "$0")/.." && pwd)/.tools
  PATH=$tools/node_modules/node/bin:$tools/node_modules/.bin:$PATH
  node_is_new_enough && command -v npm >/dev/null && return
  command -v npm >/dev/null || apt install --no-install-recommends nodejs npm
  node_is_new_enough && return
  say "Node 20 into .tools/ (the installed one is $(node --version 2>/dev/null || echo none))"
  npm install --silent --no-fund --no-audit --no-save --prefix "$tools" node@20 >>"$log" 2>&1 || fail "npm could not install node@20; see $log"
  node_is_new_enough || fail "no Node 20 after the installation; see $log"
}

main() {
  local wanted=() profile entries names=() entry node='' web_client=''
  [ ! -f "$(dirname "$0")/../clients/web/package.json" ] || web_client=yes  # the build bundles it
  [ $# -gt 0 ] || fail "which profile? make, build, demo, test, fuzz or browser"
  for profile in "$@"; do
    case $profile in
      make) wanted+=("${make_packages[@]}") ;;
      build) wanted+=("${build_packages[@]}") node=$web_client$node ;;
      demo) wanted+=("${demo_packages[@]}") ;;
      test) wanted+=("${test_packages[@]}") node=yes ;;
      fuzz) wanted+=("${fuzz_packages[@]}") ;;
      browser) wanted+=("${browser_packages[@]}") node=yes ;;
      *) fail "unknown profile '$profile' (make, build, demo, test, fuzz, browser)" ;;
    esac
  done
  command -v dpkg-query >/dev/null || fail "this is no Debian or Ubuntu; install the equivalents of: ${wanted[*]}"

  exec 9>"$lock"
  flock 9  # a second run waits here, and then finds everything installed
  mapfile -t entries < <(missing "${wanted[@]}")
  if [ ${#entries[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "root or sudo is needed to install: ${entries[*]}"
    : >"$log"
    say "fetching the package lists"
    apt update
    for entry in "${entries[@]}"; do
      entry=$(choose "$entry") || exit 1
      names+=("$entry")
    done
    say "installing ${names[*]}"
    apt install --no-install-recommends "${names[@]}"
    say "done"
  fi
  [ -z "$node" ] || ensure_node
}
main "$@"
