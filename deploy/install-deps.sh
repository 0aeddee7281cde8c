#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what Hillock needs from the distribution's own packages, and only what is missing.
# Debian 12, Debian 13 and Ubuntu 24.04 (with its universe section).
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: install-deps.sh [--build-only | --cross ARCHITECTURE | --runtime | --checks]
  (no option)   what building and testing need
  --build-only  what building needs
  --cross ARCHITECTURE
                what building for another Debian architecture, and running what was built, needs;
                some of it takes the place of what building for this one needs
  --runtime     the shared libraries that the built binaries load
  --checks      what tests/lint/tidy.sh and tests/run.sh --coverage need
USAGE
}

# What runs while building, and headers that are the same everywhere.
tools=(
  build-essential cmake ninja-build pkg-config git ca-certificates
  protobuf-compiler protobuf-compiler-grpc libcli11-dev nlohmann-json3-dev
)

# What is linked.
libraries=(
  libgrpc++-dev libgrpc-dev libprotobuf-dev libabsl-dev libre2-dev
  libdnnl-dev ocl-icd-opencl-dev libhwy-dev
  libnghttp2-dev libssl-dev
  prometheus-cpp-dev libcpp-httplib-dev zlib1g-dev
  libfmt-dev libspdlog-dev
  libgtest-dev libgmock-dev libbenchmark-dev
)
build=("${tools[@]}" "${libraries[@]}")

# promtool (in prometheus) checks the metrics page and the alert rules; the Python packages are the
# other end of the interoperability tests.
tests=(prometheus python3-grpcio python3-protobuf clang-format curl)

# The names of runtime packages carry sonames, so they differ between distributions.
runtime_of() {
  local common=(libgomp1 libnghttp2-14 libprometheus-cpp-core1.0 libstdc++6 zlib1g)
  case "$1" in
    debian-12)
      echo "${common[@]}" libc-ares2 libcpp-httplib0.11 libdnnl2 libfmt9 libhwy1 libspdlog1.10 libssl3 ;;
    debian-13)
      echo "${common[@]}" libcares2 libcpp-httplib0.18 libdnnl3.6 libfmt10 libhwy1t64 libspdlog1.15 \
        libssl3t64 ;;
    ubuntu-24.04)
      echo "${common[@]}" libcares2 libcpp-httplib0.14t64 libdnnl3 libfmt9 libhwy1t64 libspdlog1.12 \
        libssl3t64 ;;
  esac
}

# The oldest clang that compiles this code: ranges of GCC 12's library are too much for earlier ones.
checks_of() {
  case "$1" in
    debian-12 | ubuntu-24.04) echo clang-tidy-16 gcovr ;;
    debian-13) echo clang-tidy-19 gcovr ;;
  esac
}

fail() {
  echo "install-deps.sh: $1" >&2
  exit "${2:-1}"
}

distribution() {
  local ID=unknown VERSION_ID=unknown
  if [[ -r /etc/os-release ]]; then
    # shellcheck source=/dev/null
    . /etc/os-release
  fi
  echo "$ID-$VERSION_ID"
}

cross_of() {
  echo "${tools[@]}" "crossbuild-essential-$1" qemu-user-static "${libraries[@]/%/:$1}"
}

# Prints those of the named packages that are not installed.
missing() {
  local installed package
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n${Package}:${Architecture} ${db:Status-Status}\n' \
    "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qxF "$package installed" <<<"$installed" || echo "$package"
  done
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  else
    command -v sudo >/dev/null || fail "needs root, or sudo"
    sudo "$@"
  fi
}

# Test tools come with services that nobody asked to run: they are installed, neither started nor
# enabled. A policy that the machine already has is left alone.
policy=/usr/sbin/policy-rc.d
hold_services() {
  [[ -e $policy ]] && return
  trap 'as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

disable_service() {
  if command -v systemctl >/dev/null; then
    as_root systemctl disable --quiet "$1" 2>/dev/null || true
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

install() {
  echo "install-deps.sh: installing $# packages: $*"
  hold_services
  apt update
  apt install -y --no-install-recommends "$@"
  if [[ " $* " == *" prometheus "* ]]; then
    disable_service prometheus
  fi
}

main() {
  case "$#:${1:-}" in
    1:-h | 1:--help) usage; exit 0 ;;
    0: | 1:--build-only | 2:--cross | 1:--runtime | 1:--checks) ;;
    *) usage >&2; exit 2 ;;
  esac

  local distro wanted
  distro=$(distribution)
  case "$distro" in
    debian-12 | debian-13 | ubuntu-24.04) ;;
    *) fail "$distro is not supported: Debian 12, Debian 13 or Ubuntu 24.04" ;;
  esac
  case "${1:-}" in
    "") wanted=("${build[@]}" "${tests[@]}") ;;
    --build-only) wanted=("${build[@]}") ;;
    --cross)
      as_root dpkg --add-architecture "$2"
      read -ra wanted <<<"$(cross_of "$2")" ;;
    --runtime) read -ra wanted <<<"$(runtime_of "$distro")" ;;
    --checks) read -ra wanted <<<"$(checks_of "$distro")" ;;
  esac

  local needed
  needed=$(missing "${wanted[@]}")
  if [[ -z $needed ]]; then
    echo "install-deps.sh: all ${#wanted[@]} packages are installed"
    return
  fi
  mapfile -t wanted <<<"$needed"
  install "${wanted[@]}"
  echo "install-deps.sh: installed"
}

main "$@"
