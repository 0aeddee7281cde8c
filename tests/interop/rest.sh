#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds the REST side of the server of a build against what others wrote: Triton's and KServe's
# clients, and schemathesis, which makes requests of the OpenAPI document and checks the answers.
set -euo pipefail

name=rest
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"
failed=0

usage() {
  cat <<'USAGE'
usage: rest.sh BUILD_DIR
  BUILD_DIR  where hillock-server is, for example build/release
What comes from package registries goes into BUILD_DIR/interop;
HILLOCK_INTEROP_OFFLINE=1 skips it.
USAGE
}

# run_client NAME VENV PACKAGE...  runs rest_NAME_client.py.
run_client() {
  if make_venv 150 "$2" "${@:3}"; then
    "$2/bin/python" -B "$here/rest_$1_client.py" "$metrics" "$root/models" || failed=1
  else
    skip "$1" "$why"
  fi
}

# A sound tensor for no model that there is, or of another shape, is refused, so what fits the
# document need not be accepted (positive_data_acceptance).
run_schemathesis() {
  if ! make_venv 150 "$1" schemathesis==4.32.5; then
    skip schemathesis "$why"
  elif (cd "$scratch" && "$1/bin/schemathesis" --config-file "$here/schemathesis.toml" run \
    "http://$metrics/v2/openapi.json" --checks all --exclude-checks positive_data_acceptance \
    --max-examples 30 --seed 1 --no-color) >"$scratch/said" 2>&1; then
    row schemathesis "/v2/openapi.json" "$(grep -o '[0-9]* generated, [0-9]* passed' "$scratch/said")"
  else
    cat "$scratch/said"
    row schemathesis "/v2/openapi.json" FAILED
    failed=1
  fi
}

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build address metrics
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server ]] || fail "$1 has no hillock-server"
  start_server "$build" "$root/models" --model-control explicit --load-model '*'
  row client call result
  run_client tritonclient "$build/interop/triton" "${triton_packages[@]}"
  run_client kserve "$build/interop/kserve" kserve==0.21.0
  run_schemathesis "$build/interop/schemathesis"
  stop_server
  [[ $failed -eq 0 ]] || fail "calls failed, see above"
  echo "rest: every call answered as it should${skipped[*]:+; skipped: ${skipped[*]}} (${SECONDS} s)"
}

main "$@"
