#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: run.sh [PRESET] [-- OPTION...]
  PRESET  release (default), debug, asan or tsan
  OPTION  further options of ctest, for example -- -L unit
USAGE
}

preset=release
options=()

parse_arguments() {
  if [[ $# -gt 0 && $1 != -- ]]; then
    case "$1" in
      release | debug | asan | tsan) preset=$1 ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  fi
  if [[ $# -gt 0 ]]; then
    [[ $1 == -- ]] || { usage >&2; exit 2; }
    options=("${@:2}")
  fi
}

step() { printf '\n==> [%s/3] %s\n' "$1" "$2"; }

main() {
  parse_arguments "$@"
  step 1 "Installing what is missing from the distribution's packages"
  deploy/install-deps.sh
  step 2 "Building ($preset)"
  cmake --preset "$preset" --log-level=WARNING
  cmake --build --preset "$preset"
  step 3 "Testing ($preset)"
  ctest --preset "$preset" "${options[@]}"
  echo "run.sh: all tests of '$preset' passed in $SECONDS s"
}

main "$@"
