#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds what deploy/ has for Kubernetes, KServe and Compose, and holds it against the published
# schemas, the types of the projects that read it, and the real server.
set -euo pipefail

name=kubernetes
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"

kustomize=sigs.k8s.io/kustomize/kustomize/v5@v5.6.0

usage() {
  cat <<'USAGE'
usage: kubernetes.sh BUILD_DIR
  BUILD_DIR  where hillock-server is, for example build/release
USAGE
}

# go_build WHAT FOLDER COMMAND...  of Go, with nothing left but programs. Sets why.
go_build() {
  command -v go >/dev/null || { why="there is no Go; Debian's package: golang-go"; return 1; }
  quietly "go cannot build $1" 900 env GOBIN="$2" GOPATH="$2/path" GOCACHE="$2/cache" \
    GOFLAGS=-modcacherw GOTOOLCHAIN=local go "${@:3}" || return 1
  forget_go_cache "$2"
}

# get_kustomize FOLDER
get_kustomize() {
  is_online || return 1
  [[ -x $1/kustomize ]] || go_build kustomize "$1" install -ldflags='-s -w' "$kustomize"
}

# get_manifests FOLDER  builds the program of manifests/ there.
get_manifests() {
  local sources
  sources=$(cat "$here"/manifests/* | sha256sum)
  is_online || return 1
  [[ $(cat "$1/sources" 2>/dev/null) == "$sources" ]] && return
  go_build tests/interop/manifests "$1" build -C "$here/manifests" -ldflags='-s -w' \
    -o "$1/manifests" . || return 1
  echo "$sources" >"$1/sources"
}

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build get
  build=$(cd "$1" && pwd)
  get=$build/interop
  [[ -x $build/hillock-server ]] || fail "$1 has no hillock-server"
  if get_kustomize "$get/kustomize" && get_manifests "$get/manifests" &&
    make_venv 150 "$get/kubernetes_validate" kubernetes-validate==1.37.0 &&
    make_venv 150 "$get/kserve" kserve==0.21.0; then
    "$get/kubernetes_validate/bin/python" -B "$here/kubernetes_manifests.py" "$build" "$root" \
      "$get/kustomize/kustomize" "$get/manifests/manifests" "$get/kserve/bin/python" ||
      fail "see above"
  else
    skip manifests "$why"
  fi
  echo "kubernetes: every manifest is as it should be${skipped[*]:+; skipped: ${skipped[*]}}" \
    "(${SECONDS} s)"
}

main "$@"
