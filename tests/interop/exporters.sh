#!/usr/bin/env bash
# Exports models from scikit-learn, Keras and PyTorch then and there, serves them with the server of
# a build and compares its answers with ONNX Runtime's, to 1e-5.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=/usr/bin/python3 # the distribution's, for which its grpcio is
skipped=()

usage() {
  cat <<'USAGE'
usage: exporters.sh BUILD_DIR [EXPORTER...]
  BUILD_DIR  where hillock-server is, for example build/release
  EXPORTER   sklearn (what is tested when none is named), keras, torch_torchscript, torch_dynamo, or
             all of them: all
The exporters come from PyPI, into BUILD_DIR/exporters: 0.4 GB for sklearn, 1.7 GB for keras and, as
PyPI has PyTorch for GPUs only, 5.5 GB for torch. HILLOCK_INTEROP_OFFLINE=1 skips everything.
USAGE
}

fail() {
  echo "exporters: $1" >&2
  exit 1
}

skip() {
  printf '%-18s %-30s %s\n' "$1" "all models" "SKIPPED: $2"
  skipped+=("$1")
}

stop() {
  if [[ -n ${SERVER_PID:-} ]]; then kill -KILL "$SERVER_PID" 2>/dev/null || true; fi
  rm -rf "$scratch"
}

# The packages that an exporter's script needs.
packages_of() {
  case "$1" in
    sklearn) echo onnxruntime scikit-learn skl2onnx ;;
    keras) echo onnxruntime tensorflow-cpu tf2onnx ;;
    torch_*) echo onnxruntime onnxscript torch ;;
    *) fail "no exporter is called $1" ;;
  esac
}

stop_server() {
  local pid=$SERVER_PID
  kill -TERM "$pid"
  wait "$pid" || fail "the server ended with code $? at SIGTERM"
  SERVER_PID=
}

# Makes a virtual environment with these packages, unless it is there already. Sets why.
make_venv() {
  local venv=$1 any
  shift
  [[ -e $venv/complete ]] && return
  rm -rf "$venv"
  for any in "$python" python3; do
    "$any" -m venv "$venv" >/dev/null 2>&1 && break
  done
  [[ -x $venv/bin/pip ]] || { why="Python has no venv; Debian's package: python3-venv"; return 1; }
  if timeout 900 "$venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    --timeout 20 "$@" >"$scratch/pip" 2>&1; then
    touch "$venv/complete"
    return
  fi
  why="pip cannot install $*: $(tail -n 1 "$scratch/pip")"
  rm -rf "$venv"
  return 1
}

export_models() {
  local exporter=$1 venv=$2/${1%%_*} why=
  read -ra packages <<<"$(packages_of "$exporter")"
  if ! make_venv "$venv" "${packages[@]}"; then
    skip "$exporter" "$why"
    return
  fi
  "$venv/bin/python" -B "$here/exporters/export_${exporter%%_*}.py" "$scratch/models" \
    "${exporter#*_}" >"$scratch/log" 2>&1 || fail "$exporter: $(tail -n 3 "$scratch/log")"
  grep 'not exported' "$scratch/log" || true
}

# Sets address.
start_server() {
  local line log=
  coproc SERVER { exec "$1/hillock-server" --repository "$scratch/models" --listen 127.0.0.1:0 \
    --metrics-listen 127.0.0.1:0; }
  while read -r -t 60 line <&"${SERVER[0]}"; do
    if [[ $line =~ \ ready:\ .*\ grpc\ ([^,]+), ]]; then
      address=${BASH_REMATCH[1]}
      return
    fi
    log+="$line"$'\n'
  done
  fail "the server did not become ready: ${log:-no output}"
}

make_stubs() {
  local plugin
  plugin=$(command -v grpc_python_plugin) || fail "needs Debian's package protobuf-compiler-grpc"
  "$python" -c 'import grpc, google.protobuf' 2>/dev/null ||
    fail "needs Debian's packages python3-grpcio and python3-protobuf"
  protoc --plugin=protoc-gen-grpc_python="$plugin" --python_out="$scratch" \
    --grpc_python_out="$scratch" --proto_path="$root/proto" inference.proto
}

main() {
  if [[ $# -lt 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build address exporter exporters=("${@:2}")
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server ]] || fail "there is no hillock-server in $1"
  [[ ${#exporters[@]} -gt 0 ]] || exporters=(sklearn)
  [[ ${exporters[0]} != all ]] || exporters=(sklearn keras torch_torchscript torch_dynamo)
  mkdir "$scratch/models"
  for exporter in "${exporters[@]}"; do
    if [[ ${HILLOCK_INTEROP_OFFLINE:-0} == 1 ]]; then
      skip "$exporter" "HILLOCK_INTEROP_OFFLINE is set"
    else
      export_models "$exporter" "$build/exporters"
    fi
  done
  if [[ -z $(ls -A "$scratch/models") ]]; then
    echo "exporters: nothing compared; skipped: ${skipped[*]}"
    return
  fi
  make_stubs
  start_server "$build"
  PYTHONPATH="$scratch" "$python" -B "$here/exporters/compare.py" "$address" "$scratch/models"
  stop_server
  echo "exporters: every model answered as ONNX Runtime does${skipped[*]:+; skipped: ${skipped[*]}}" \
    "(${SECONDS} s)"
}

scratch=$(mktemp -d)
trap stop EXIT
main "$@"
