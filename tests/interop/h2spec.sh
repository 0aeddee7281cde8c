#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds the server of a build against h2spec, the conformance tests of HTTP/2.
set -euo pipefail

name=h2spec
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    echo "usage: h2spec.sh BUILD_DIR" >&2
    exit 2
  fi
  local build address metrics
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server ]] || fail "$1 has no hillock-server"
  if ! get_go_module "$build/interop/grpc"; then
    skip h2spec "$why"
    return
  fi
  start_server "$build" "$root/models"
  "$python" -B "$here/h2spec.py" "$build/interop/grpc/h2spec" "$address"
  stop_server
}

main "$@"
