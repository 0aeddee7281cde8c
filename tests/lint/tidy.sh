#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy's checks of .clang-tidy, and clang's thread-safety analysis, over the sources of server/
# and client/ and the headers they include. Wants a build in the folder given, for its generated
# headers and its commands. --quick is half as long: function size and thread safety alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() { echo "usage: tidy.sh [--quick] [BUILD_FOLDER]    (default: build/release)"; }

checks=()
if [[ ${1:-} == --quick ]]; then
  checks=('--checks=-*,clang-diagnostic-thread-safety*,readability-function-size')
  shift
fi
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;;
esac
build=${1:-build/release}
tidy=$(compgen -c clang-tidy- | grep -xE 'clang-tidy-(1[6-9]|[2-9][0-9])' | sort -V | head -n 1 || true)
[[ -n $tidy ]] || { echo "tidy.sh: needs clang-tidy; see install-deps.sh --checks" >&2; exit 1; }

# Its own complaints come on standard output; what it counts goes to the other.
git ls-files -z 'server/*.cc' 'client/*.cc' \
  | xargs -0 -n 4 -P "$(nproc)" "$tidy" -p "$build" --quiet "${checks[@]}" 2>/dev/null \
  || { echo "tidy.sh: the lines above say what is wrong" >&2; exit 1; }
echo "tidy: nothing to say in $SECONDS s"
