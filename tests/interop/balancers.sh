#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three replicas behind Envoy, nginx, HAProxy and gRPC's own round robin, under load: how even the
# shares are, and what fails when replicas are added, replaced and killed.
set -euo pipefail

name=balancers
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"

usage() {
  cat <<'USAGE'
usage: balancers.sh BUILD_DIR [OPTION...]
  BUILD_DIR  where hillock-server is, for example build/release
  OPTION     of balancers.py, for example --restarts 50
USAGE
}

# add NAME FOLDER  of a proxy.
add() {
  local proxy
  if "get_$1" "$2"; then
    balancers+=("$1=$proxy")
  else
    skip "$1" "$why"
  fi
}

main() {
  if [[ $# -eq 0 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build balancers=() options=("${@:2}")
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server ]] || fail "$1 has no hillock-server"
  make_stubs inference.proto
  add envoy "$build/interop/envoy"
  add nginx "$build/interop/nginx"
  add haproxy "$build/interop/haproxy"
  balancers+=(round_robin=)
  if get_go_module "$build/interop/grpc"; then
    options+=(--grpc-go "$build/interop/grpc/rollout")
  else
    skip grpc-go "$why"
  fi
  # The load is not what is measured, and other tests run beside it.
  GRPC_VERBOSITY=NONE PYTHONPATH="$scratch" nice -n 10 "$python" -B "$here/balancers.py" \
    "${options[@]}" "$build" "$root/models" "${balancers[@]}" || fail "see above"
  echo "balancers: every figure is as it should be (${SECONDS} s)"
}

main "$@"
