#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the programs, and builds and runs tests, as a step of the Dockerfile. For another architecture
# than the machine's these are the tests of what is different there, the project's own kernels. They
# run in QEMU, as a CPU without SVE, since kernels are compiled for NEON.
set -euo pipefail

[[ $# -ge 2 ]] || { echo "usage: build.sh ARCHITECTURE TESTS(0|1) [TOOLCHAIN-FILE]" >&2; exit 2; }
tests=$2 toolchain=${3:-}
build=build/release
targets=(hillock hillock-server)
selection=(--label-regex '^(unit|conformance)')

options=(-DHILLOCK_BENCHES=OFF "-DHILLOCK_TESTS=$tests" -DHILLOCK_PRECOMPILE=ON)
if [[ -n $toolchain ]]; then
  options+=(--toolchain "$toolchain")
  selection=(--label-regex '^(conformance|unit/core/(activation|kernel))' --exclude-regex OneDnn)
  export QEMU_CPU=neoverse-n1
fi
if [[ $tests == 1 && -n $toolchain ]]; then
  targets+=(activation_conformance_test activation_test kernel_test)
elif [[ $tests == 1 ]]; then
  targets+=(all)
fi

cmake --preset release --log-level=WARNING "${options[@]}"
cmake --build "$build" --target "${targets[@]}"
if [[ $tests == 1 ]]; then
  ctest --test-dir "$build" "${selection[@]}" --parallel "$(nproc)" --no-tests=error \
    --output-on-failure
fi
