#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exports models from scikit-learn, Keras and PyTorch then and there, and graphs by hand, serves them with the server of
# a build and compares its answers with ONNX Runtime's, to 1e-5.
set -euo pipefail

name=exporters
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: exporters.sh BUILD_DIR [EXPORTER...]
  BUILD_DIR  where hillock-server is, for example build/release
  EXPORTER   graphs and sklearn (what is tested when none is named), keras, torch_torchscript,
             torch_dynamo, or all of them: all
The exporters come from PyPI, into BUILD_DIR/exporters: 0.2 GB for graphs, 0.4 GB for sklearn, 1.7 GB for keras and, as
PyPI has PyTorch for GPUs only, 5.5 GB for torch. HILLOCK_INTEROP_OFFLINE=1 skips everything.
USAGE
}

skip() {
  printf '%-18s %-30s %s\n' "$1" "all models" "SKIPPED: $2"
  skipped+=("$1")
}

# The packages that an exporter's script needs.
packages_of() {
  case "$1" in
    graphs) echo onnxruntime==1.32.0 onnx==1.23.2 ;;
    sklearn) echo onnxruntime==1.31.1 scikit-learn==1.9.1 skl2onnx==1.20.0 ;;
    keras) echo onnxruntime==1.31.1 tensorflow-cpu==2.21.0 tf2onnx==1.17.0 ;;
    torch_*) echo onnxruntime==1.31.1 onnxscript==0.7.2 torch==2.15.0 ;;
    *) fail "no exporter is called $1" ;;
  esac
}

export_models() {
  local exporter=$1 venv=$2/${1%%_*} packages
  read -ra packages <<<"$(packages_of "$exporter")"
  if ! make_venv 240 "$venv" "${packages[@]}"; then
    skip "$exporter" "$why"
    return
  fi
  "$venv/bin/python" -B "$here/exporters/export_${exporter%%_*}.py" "$scratch/models" \
    "${exporter#*_}" >"$scratch/log" 2>&1 || fail "$exporter: $(tail -n 3 "$scratch/log")"
  grep 'not exported' "$scratch/log" || true
}

main() {
  if [[ $# -lt 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build address exporter exporters=("${@:2}")
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server ]] || fail "there is no hillock-server in $1"
  [[ ${#exporters[@]} -gt 0 ]] || exporters=(graphs sklearn)
  [[ ${exporters[0]} != all ]] || exporters=(graphs sklearn keras torch_torchscript torch_dynamo)
  mkdir "$scratch/models"
  for exporter in "${exporters[@]}"; do
    export_models "$exporter" "$build/exporters"
  done
  if [[ -z $(ls -A "$scratch/models") ]]; then
    echo "exporters: nothing compared; skipped: ${skipped[*]}"
    return
  fi
  make_stubs inference.proto
  start_server "$build" "$scratch/models"
  PYTHONPATH="$scratch:$here" "$python" -B "$here/exporters/compare.py" "$address" "$scratch/models"
  stop_server
  echo "exporters: every model answered as ONNX Runtime does${skipped[*]:+; skipped: ${skipped[*]}}" \
    "(${SECONDS} s)"
}

main "$@"
