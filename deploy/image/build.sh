#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the programs, and builds and runs tests, as a step of the Dockerfile. For another architecture
# than the machine's these are the tests of what is different there, the project's own kernels.
set -euo pipefail

[[ $# -ge 2 ]] || { echo "usage: build.sh ARCHITECTURE TESTS(0|1) [TOOLCHAIN-FILE]" >&2; exit 2; }
architecture=$1 tests=$2 toolchain=${3:-}
build=build/release
kernel_tests=(tests/unit/core/activation/activation_test tests/unit/core/kernel/kernel_test
  tests/conformance/activation_conformance_test)

compile() {
  local options=(-DHILLOCK_BENCHES=OFF "-DHILLOCK_TESTS=$tests" -DHILLOCK_PRECOMPILE=ON)
  cmake --preset release --log-level=WARNING "${options[@]}" ${toolchain:+--toolchain "$toolchain"}
  cmake --build "$build" --target "$@"
}

# As a CPU without SVE, since kernels are compiled for NEON. A program is started once, not for each
# test, and looks at fewer floats than elsewhere: QEMU is slow at both.
run_in_emulator() {
  local test emulator
  emulator=qemu-$(dpkg-architecture -f -a"$architecture" -qDEB_HOST_GNU_CPU)-static
  for test in "${kernel_tests[@]}"; do
    echo "build.sh: $test in QEMU"
    QEMU_CPU=neoverse-n1 HILLOCK_FLOAT_STRIDE=16383 "$emulator" "$build/$test" --gtest_brief=1
  done
}

case "$tests:$toolchain" in
  0:*) compile hillock hillock-server ;;
  1:)
    compile all
    ctest --test-dir "$build" --label-regex '^(unit|conformance)' --parallel "$(nproc)" \
      --no-tests=error --output-on-failure ;;
  1:*)
    compile hillock hillock-server "${kernel_tests[@]##*/}"
    run_in_emulator ;;
esac
