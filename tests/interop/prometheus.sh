#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs Debian's Prometheus and Alertmanager with deploy/prometheus against a server under load, and
# every query of deploy/grafana's dashboard.
set -euo pipefail

name=prometheus
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: prometheus.sh BUILD_DIR
  BUILD_DIR  where hillock-server and hillock are, for example build/release
USAGE
}

# get_alertmanager FOLDER  sets alertmanager to the command. Debian's reads its templates from
# /usr/share, so that is FOLDER's in a mount namespace of its own where it is not installed.
get_alertmanager() {
  local package=prometheus-alertmanager
  alertmanager=("$package")
  command -v "$package" >/dev/null && return
  is_online || return 1
  # shellcheck disable=SC2016
  alertmanager=(unshare --map-root-user --mount sh -c
    'mount --bind "$0/usr/share" /usr/share && exec "$0/usr/bin/prometheus-alertmanager" "$@"' "$1")
  if [[ ! -x $1/usr/bin/$package ]]; then
    mkdir -p "$1"
    quietly "apt-get cannot download $package" 60 env -C "$1" apt-get download --quiet "$package" ||
      return 1
    dpkg-deb --extract "$1/$package"_*.deb "$1"
  fi
  quietly "$package does not start" 10 "${alertmanager[@]}" --version
}

# Whether the committed dashboard is what its generator makes.
check_dashboard() {
  local packages said
  packages=$(grep -v '^#' "$root/deploy/grafana/requirements.txt")
  # shellcheck disable=SC2086
  if ! make_venv 60 "$1" $packages; then
    skip grafana "$why"
  elif said=$("$1/bin/python" -B "$root/deploy/grafana/dashboard.py" --check 2>&1); then
    row grafana "hillock.json" "is what dashboard.py makes"
  else
    row grafana "hillock.json" "FAILED: $said"
    failed=1
  fi
}

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build alertmanager failed=0
  build=$(cd "$1" && pwd)
  [[ -x $build/hillock-server && -x $build/hillock ]] || fail "$1 has no hillock-server and hillock"
  row part check result
  check_dashboard "$build/interop/grafana"
  if ! command -v prometheus >/dev/null; then
    skip prometheus "not installed; Debian's package: prometheus"
  else
    if ! get_alertmanager "$build/interop/alertmanager"; then
      skip alertmanager "$why"
      alertmanager=()
    fi
    "$python" -B "$here/prometheus.py" "$build" "$root" "$scratch" "${alertmanager[@]}" || failed=1
  fi
  [[ $failed -eq 0 ]] || fail "checks failed, see above"
  echo "prometheus: every check passed${skipped[*]:+; skipped: ${skipped[*]}} (${SECONDS} s)"
}

main "$@"
