#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: run.sh [PRESET] [--exhaustive | -- OPTION...]
  PRESET        release (default), debug, asan, or tsan, which leaves out what talks gRPC
  --exhaustive  only the activations' conformance suite, over all 2^32 floats: about an hour
  OPTION        further options of ctest, for example -- -L unit
USAGE
}

preset=release
exhaustive=false
options=()

parse_arguments() {
  if [[ $# -gt 0 && $1 != -- && $1 != --exhaustive ]]; then
    case "$1" in
      release | debug | asan | tsan) preset=$1 ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  fi
  if [[ $# -eq 1 && $1 == --exhaustive ]]; then
    exhaustive=true
  elif [[ $# -gt 0 ]]; then
    [[ $1 == -- ]] || { usage >&2; exit 2; }
    options=("${@:2}")
  fi
}

# The exhaustive run knows no time limit, so it goes past ctest's.
run_tests() {
  if [[ $exhaustive == true ]]; then
    HILLOCK_EXHAUSTIVE=1 "build/$preset/tests/conformance/activation_conformance_test"
  else
    ctest --preset "$preset" "${options[@]}"
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
  run_tests
  echo "run.sh: all tests of '$preset' passed in $SECONDS s"
}

main "$@"
