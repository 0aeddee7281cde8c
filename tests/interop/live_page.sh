#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Opens the live page of a server under load, and the load tester's reports, in Debian's Chromium.
set -euo pipefail

name=live_page
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: live_page.sh BUILD_DIR
  BUILD_DIR  where hillock-server and hillock are, for example build/release
USAGE
}

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build chromium part
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server && -x $build/hillock ]] || fail "$1 has no hillock-server and hillock"
  row part check result
  if ! chromium=$(command -v chromium); then
    skip "live page" "not installed; Debian's package: chromium"
  else
    for part in live_page load_report; do
      "$python" -B "$here/$part.py" "$build" "$root" "$scratch" "$chromium" ||
        fail "checks failed, see above"
    done
  fi
  echo "live_page: every check passed${skipped[*]:+; skipped: ${skipped[*]}} (${SECONDS} s)"
}

main "$@"
