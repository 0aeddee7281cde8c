#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything and runs every test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: run.sh [PRESET] [--exhaustive | --coverage | -- OPTION...]
  PRESET        release (default), debug, tsan, which leaves out what talks gRPC, or asan: the
                server and its unit tests under sanitizers, then release's integration tests of it
  --exhaustive  only the activations' conformance suite, over all 2^32 floats: about an hour
  --coverage    unit and integration tests in a build that counts lines; prints the coverage of
                each folder
  OPTION        further options of ctest, for example -- -L unit
USAGE
}

preset=release
exhaustive=false
options=()
# Tests that bound memory.
beyond_sanitizers='RestOperationsTest|MemoryTest|ListenerTest|AttackTest|CostlyMessageTest'
jobs=$(($(nproc) < 4 ? $(nproc) : 4))  # tests with a server each are more than enough for 4 cores

parse_arguments() {
  if [[ $# -eq 1 && $1 == --coverage ]]; then
    preset=coverage
    return
  fi
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
    HILLOCK_FLOAT_STRIDE=1 "build/$preset/tests/conformance/activation_conformance_test"
  else
    ctest --preset "$preset" --parallel "$jobs" "${options[@]}"
  fi
}

# The sanitized server, driven by the integration tests and the client of the release build. Those that
# bound memory are left out: the sanitizer keeps what is freed for a while.
run_integration_tests() {
  HILLOCK_SERVER=$PWD/build/asan/hillock-server \
    ctest --preset release --parallel "$jobs" -L integration -E "$beyond_sanitizers"
}

# What a test that was killed has counted is lost, so a line may have run and not count.
print_coverage() {
  gcovr --root . --filter server/ --filter client/ --json-summary - "build/$preset" \
    | tests/coverage.py
}

step() { printf '\n==> [%s/3] %s\n' "$1" "$2"; }

main() {
  parse_arguments "$@"
  step 1 "Installing what is missing from the distribution's packages"
  deploy/install-deps.sh
  if [[ $preset == coverage ]]; then deploy/install-deps.sh --checks; fi
  step 2 "Building ($preset)"
  cmake --preset "$preset" --log-level=WARNING
  cmake --build --preset "$preset"
  if [[ $preset == asan ]]; then
    cmake --preset release --log-level=WARNING
    cmake --build --preset release
  fi
  step 3 "Testing ($preset)"
  run_tests
  if [[ $preset == asan ]]; then run_integration_tests; fi
  if [[ $preset == coverage ]]; then print_coverage; fi
  echo "run.sh: all tests of '$preset' passed in $SECONDS s"
}

main "$@"
