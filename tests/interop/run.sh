#!/usr/bin/env bash
# Holds the server of a build against what others wrote: grpcio with stubs made from the protocol,
# Prometheus' checker of metrics pages, Triton's client library, and ONNX's tests of activations.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=/usr/bin/python3 # the distribution's, for which its packages are
failed=0
skipped=()

usage() {
  cat <<'USAGE'
usage: run.sh BUILD_DIR
  BUILD_DIR  where hillock-server is, for example build/release
Triton's client library and ONNX come from PyPI, into BUILD_DIR/interop-venv;
HILLOCK_INTEROP_OFFLINE=1 skips what needs them.
USAGE
}

fail() {
  echo "interop: $1" >&2
  exit 1
}

row() { printf '%-13s %-42s %s\n' "$@"; }

skip() {
  row "$1" "all calls" "SKIPPED: $2"
  skipped+=("$1")
}

stop() {
  if [[ -n ${SERVER_PID:-} ]]; then kill -KILL "$SERVER_PID" 2>/dev/null || true; fi
  rm -rf "$scratch"
}

make_stubs() {
  local plugin
  plugin=$(command -v grpc_python_plugin) || fail "needs Debian's package protobuf-compiler-grpc"
  "$python" -c 'import grpc, google.protobuf' 2>/dev/null ||
    fail "needs Debian's packages python3-grpcio and python3-protobuf"
  protoc --plugin=protoc-gen-grpc_python="$plugin" --python_out="$scratch" \
    --grpc_python_out="$scratch" --proto_path="$root/proto" --proto_path="$here" \
    inference.proto health.proto reflection.proto
}

# Sets address and metrics.
start_server() {
  local line
  coproc SERVER { exec "$1/hillock-server" --repository "$root/models" --listen 127.0.0.1:0 \
    --metrics-listen 127.0.0.1:0; }
  while read -r -t 60 line <&"${SERVER[0]}"; do
    if [[ $line =~ \ ready:\ .*\ grpc\ ([^,]+),\ metrics\ ([^,]+), ]]; then
      address=${BASH_REMATCH[1]}
      metrics=${BASH_REMATCH[2]}
      return
    fi
    log+="$line"$'\n'
  done
  fail "the server did not become ready: ${log:-no output}"
}

stop_server() {
  local pid=$SERVER_PID
  kill -TERM "$pid"
  wait "$pid" || fail "the server ended with code $? at SIGTERM"
  SERVER_PID=
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

# Makes a virtual environment, unless it is there already.
make_venv() {
  local venv=$1 any
  "$venv/bin/pip" --version >/dev/null 2>&1 && return
  for any in "$python" python3; do
    rm -rf "$venv"
    "$any" -m venv "$venv" >/dev/null 2>&1 && return
  done
  why="Python has no venv; Debian's package: python3-venv"
  return 1
}

# install VENV MODULES PACKAGE...  sees to it that the modules can be imported there, or sets why.
install() {
  local venv=$1 modules=$2
  shift 2
  if [[ ${HILLOCK_INTEROP_OFFLINE:-0} == 1 ]]; then
    why="HILLOCK_INTEROP_OFFLINE is set"
    return 1
  fi
  "$venv/bin/python" -c "import $modules" 2>/dev/null && return
  make_venv "$venv" || return 1
  timeout 240 "$venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    --timeout 10 "$@" >"$scratch/pip" 2>&1 && return
  why="pip cannot install $*: $(tail -n 1 "$scratch/pip")"
  return 1
}

run_tritonclient() {
  local venv=$1/interop-venv why=
  if install "$venv" tritonclient.grpc 'tritonclient[grpc]'; then
    "$venv/bin/python" -B "$here/tritonclient_client.py" "$address" "$root/models" || failed=1
  else
    skip tritonclient "$why"
  fi
}

run_onnx() {
  local venv=$1/interop-venv why=
  if install "$venv" tritonclient.grpc,onnx 'tritonclient[grpc]' onnx; then
    PYTHONPATH="$root/models" "$venv/bin/python" -B "$here/onnx_node_tests.py" \
      "$1/hillock-server" || failed=1
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
  [[ -x $build/hillock-server ]] || fail "there is no hillock-server in $1"
  local log='' address metrics
  make_stubs
  start_server "$build"
  row client call result
  run_grpcio
  run_promtool
  run_tritonclient "$build"
  stop_server
  run_onnx "$build"
  [[ $failed -eq 0 ]] || fail "calls failed, see above"
  echo "interop: every call answered as it should${skipped[*]:+; skipped: ${skipped[*]}}" \
    "(${SECONDS} s)"
}

scratch=$(mktemp -d)
trap stop EXIT
main "$@"
