# SPDX-License-Identifier: Apache-2.0

# Toolchain file: builds for 64-bit Arm on a machine of another kind, with Debian's cross compiler and
# libraries of architecture arm64 beside the machine's own (`deploy/install-deps.sh --cross arm64`).
# Programs that run while building are the machine's own; tests run in QEMU.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
set(PKG_CONFIG_EXECUTABLE aarch64-linux-gnu-pkg-config)
