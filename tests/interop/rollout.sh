#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Restarts one of two servers again and again under clients of four kinds that know both.
set -euo pipefail

name=rollout
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"

usage() {
  cat <<'USAGE'
usage: rollout.sh BUILD_DIR [--restarts N]
  BUILD_DIR     where hillock-server is, for example build/release
  --restarts N  how often, 5 by default
USAGE
}

# add NAME COMMAND  of a client; see rollout.py.
add() { clients+=("$1=$2"); }

add_python() {
  add grpcio "$python -B $here/rollout_client.py grpcio {addresses} {method} {request}"
  if make_venv 150 "$1" "${triton_packages[@]}"; then
    add tritonclient \
      "$1/bin/python -B $here/rollout_client.py tritonclient {addresses} {model} {width}"
  else
    skip tritonclient "$why"
  fi
}

add_go() {
  if get_go_module "$1"; then
    add grpc-go "$1/rollout {addresses} {method} {request}"
  else
    skip grpc-go "$why"
  fi
}

add_java() {
  local classpath
  if ! command -v javac >/dev/null; then
    skip grpc-java "there is no Java; Debian's package: default-jdk-headless"
  elif get_java "$1"; then
    add grpc-java \
      "java -cp '$classpath' $here/java/Rollout.java {addresses} {method} {request}"
  else
    skip grpc-java "$why"
  fi
}

main() {
  if [[ $# -ne 1 && ($# -ne 3 || ${2:-} != --restarts) ]]; then
    usage >&2
    exit 2
  fi
  local build clients=()
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server ]] || fail "$1 has no hillock-server"
  make_stubs inference.proto
  add_python "$build/interop/triton"
  add_go "$build/interop/grpc"
  add_java "$build/interop/java"
  PYTHONPATH="$scratch" "$python" -B "$here/rollout.py" "${@:2}" "$build" "$root/models" \
    "${clients[@]}" || fail "calls failed, see above"
}

main "$@"
