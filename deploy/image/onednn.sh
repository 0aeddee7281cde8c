#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Replaces the distribution's oneDNN library by one made of the same source package, as a step of the
# Dockerfile. It has the primitives that Hillock calls and no others, and a quarter of the size: most
# of the library computes convolutions and recurrent networks. What links against it cannot tell.
set -euo pipefail

[[ $# -ge 1 ]] || { echo "usage: onednn.sh ARCHITECTURE [TOOLCHAIN-FILE]" >&2; exit 2; }
architecture=$1 toolchain=${2:-}
triplet=$(dpkg-architecture -f -a"$architecture" -qDEB_HOST_MULTIARCH)
work=/onednn

# The version that is installed.
fetch_source() {
  sed -n 's/^deb /deb-src /p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
    >/etc/apt/sources.list.d/source.list 2>/dev/null || true
  sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
  apt-get -q update
  mkdir "$work"
  cd "$work"
  local version
  # shellcheck disable=SC2016
  version=$(dpkg-query -W -f '${source:Version}' "libdnnl-dev:$architecture")
  apt-get -q source --download-only "onednn=$version"
  dpkg-source --no-check -x ./*.dsc source
  cd source/src/cpu
}

# The options below empty the lists of what is not called. The linker would drop the code behind them;
# here it is not even compiled. If a file too many is gone, the library does not link.
drop_unused() {
  local unused='conv[^e]|pool|lrn|rnn|lstm|gru|resampling|shuffle|normalization|reduction'
  unused+='|prelu_backward|brgemm_api|linux_perf|(simple|ref)_(concat|sum|binary)|xf16_sum'
  unused+='|jit_uni_binary(_kernel)?\.|matmul/(gemm|ref|jit)|brgemm_matmul\.'
  find . -name '*.cpp' ! -name '*_list.cpp' | grep -E "$unused" | xargs rm
  # Weights are f32 and bf16, so no other types are reordered.
  local used='f32_f32|f32_bf16|regular_bf16'
  sed -E -i "/_impl_list_map\(\)\}/{/$used/!d}" reorder/cpu_reorder.cpp
  find reorder -name 'cpu_reorder_*.cpp' | grep -Ev "$used" | xargs rm
}

# Half of the time of a build goes into these headers.
precompile_headers() {
  cd "$work/source/src/cpu"
  local folder
  # shellcheck disable=SC2016
  for folder in x64 aarch64; do
    echo 'target_precompile_headers(${OBJ_LIB} PRIVATE jit_generator.hpp)' >>"$folder/CMakeLists.txt"
  done
  # shellcheck disable=SC2016
  echo 'target_precompile_headers(${OBJ_LIB} PRIVATE cpu_primitive.hpp)' >>CMakeLists.txt
}

# Code that runs often is what the library assembles at run time, so -O1 is enough for its own.
build() {
  cd "$work/source"
  cmake -S . -B build -G Ninja -Wno-dev --log-level=WARNING ${toolchain:+--toolchain "$toolchain"} \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE='-O1 -DNDEBUG' \
    -DCMAKE_CXX_FLAGS='-ffunction-sections -fdata-sections -fpch-preprocess' \
    -DCMAKE_SHARED_LINKER_FLAGS='-Wl,--gc-sections,--no-undefined,-O1' \
    -DONEDNN_ARCH_OPT_FLAGS= -DONEDNN_BUILD_DOC=OFF -DONEDNN_BUILD_EXAMPLES=OFF \
    -DONEDNN_BUILD_GRAPH=OFF -DONEDNN_BUILD_TESTS=OFF -DONEDNN_ENABLE_ITT_TASKS=OFF \
    -DONEDNN_EXPERIMENTAL_SPARSE=ON \
    -DONEDNN_ENABLE_JIT_PROFILING=OFF -DONEDNN_ENABLE_WORKLOAD=INFERENCE \
    -DONEDNN_ENABLE_PRIMITIVE='ELTWISE;INNER_PRODUCT;PRELU;REORDER;SOFTMAX' \
    -DONEDNN_ENABLE_GEMM_KERNELS_ISA=NONE
  cmake --build build --target dnnl
}

fetch_source
drop_unused
precompile_headers
build
"$triplet-strip" -o "$(realpath "/usr/lib/$triplet/libdnnl.so")" build/src/libdnnl.so
rm -r "$work"
