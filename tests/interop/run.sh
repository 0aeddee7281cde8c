#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds the server of a build against what others wrote: clients, proxies, Prometheus' checker of
# metrics pages, and ONNX's tests of activations.
set -euo pipefail

name=interop
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"
# shellcheck source=proxies.sh
. "$here/proxies.sh"
failed=0

usage() {
  cat <<'USAGE'
usage: run.sh BUILD_DIR
  BUILD_DIR  where hillock-server and hillock are, for example build/release
What comes from package registries goes into BUILD_DIR/interop;
HILLOCK_INTEROP_OFFLINE=1 skips it.
USAGE
}

run_grpcio() {
  PYTHONPATH="$scratch" "$python" -B "$here/grpcio_client.py" "$address" "$root/models" || failed=1
}

run_promtool() {
  local said
  if ! command -v promtool >/dev/null; then
    skip promtool "not installed; Debian's package: prometheus"
  elif said=$(curl -sS --fail --noproxy '*' "http://$metrics/metrics" | promtool check metrics 2>&1)
  then
    row promtool "check metrics" ok
  else
    row promtool "check metrics" "FAILED: $said"
    failed=1
  fi
}

run_tritonclient() {
  if make_venv 150 "$1" "${triton_packages[@]}"; then
    "$1/bin/python" -B "$here/tritonclient_client.py" "$address" "$root/models" || failed=1
  else
    skip tritonclient "$why"
  fi
}

run_kserve() {
  if make_venv 150 "$1" kserve==0.21.0; then
    "$1/bin/python" -B "$here/kserve_client.py" "$address" "$root/models" || failed=1
  else
    skip kserve "$why"
  fi
}

run_perf_analyzer() {
  local perf_analyzer
  if get_perf_analyzer "$1"; then
    "$python" -B "$here/perf_analyzer_client.py" "$address" "$metrics" "${perf_analyzer[@]}" || failed=1
  else
    skip perf_analyzer "$why"
  fi
}

# run_go FOLDER PACKAGE@VERSION
run_go() {
  local program=${2%@*}
  program=${program##*/}
  if get_go "$1" "$2"; then
    "$python" -B "$here/${program}_client.py" "$1/$program" "$address" "$root/models" || failed=1
  else
    skip "$program" "$why"
  fi
}

# run_rows NAME COMMAND...  of a client that answers rows on its standard input.
run_rows() {
  "$python" -B "$here/rows_client.py" "$1" "$root/models" "${@:2}" || failed=1
}

run_grpc_js() {
  if get_node "$1"; then
    run_rows grpc-js node "$1/client.js" "$address" "{model}" "$root/proto/inference.proto"
  else
    skip grpc-js "$why"
  fi
}

run_tonic() {
  if get_tonic "$1"; then
    run_rows tonic "$1/tonic_client" "$address" "{model}"
  else
    skip tonic "$why"
  fi
}

# run_proxy NAME FOLDER  asks the server through a proxy.
run_proxy() {
  local proxy proxy_address
  if "get_$1" "$2" && "start_$1" "$address"; then
    PYTHONPATH="$scratch" "$python" -B "$here/proxy_client.py" "$1" "$proxy_address" "$root/models" ||
      failed=1
    stop_proxy
  else
    skip "$1" "$why"
  fi
}

run_onnx() {
  if make_venv 150 "$2" "${triton_packages[@]}"; then
    PYTHONPATH="$root/models" "$2/bin/python" -B "$here/onnx_node_tests.py" "$1" || failed=1
  else
    skip onnx "$why"
  fi
}

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server && -x $build/hillock ]] || fail "$1 has no hillock-server and hillock"
  local address metrics get=$build/interop
  make_stubs inference.proto health.proto reflection.proto
  start_server "$build" "$root/models"
  row client call result
  run_grpcio
  run_promtool
  run_tritonclient "$get/triton"
  run_kserve "$get/kserve"
  run_perf_analyzer "$get/perf_analyzer"
  run_go "$get/go" "$grpcurl"
  run_go "$get/go" "$ghz"
  forget_go_cache "$get/go"
  run_grpc_js "$get/node"
  run_tonic "$get/tonic"
  run_proxy envoy "$get/envoy"
  run_proxy nginx "$get/nginx"
  stop_server
  run_onnx "$build" "$get/triton"
  [[ $failed -eq 0 ]] || fail "calls failed, see above"
  echo "interop: every call answered as it should${skipped[*]:+; skipped: ${skipped[*]}}" \
    "(${SECONDS} s)"
}

main "$@"
