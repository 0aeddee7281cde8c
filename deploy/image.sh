#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the container image, starts it, gets a prediction from it and stops it. Works with Docker,
# with Podman, and without any daemon: then Buildah builds on a Debian base made from packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: image.sh [--engine docker|podman|buildah] [--tag NAME] [--no-tests] [--fresh] [-- OPTION...]
  --engine    default: the first of docker, podman, buildah that works; buildah is installed if need be
  --tag       name of the image (default: hillock:VERSION)
  --no-tests  do not run the unit and conformance tests while building
  --fresh     use nothing from earlier builds
  OPTION...   further options of the engine's build, for example --build-arg BASE=NAME
USAGE
}

# What the image is asked once it is ready.
prediction=(hillock predict digits-relu --input /models/digits-relu/held_out.csv --limit 3)
readiness=(hillock health)
ready_within=30  # seconds
user=65532:65532

version=$(sed -n 's/^project(hillock VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
image=hillock:$version
engine=
fresh=0
run_tests=1
build_options=()
scratch=$(mktemp -d)
container=
server=
exit_status=

say() { echo "image.sh: $1"; }
fail() {
  say "$1" >&2
  exit 1
}

parse_arguments() {
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --engine) engine=${2:?--engine needs a name}; shift ;;
      --tag) image=${2:?--tag needs a name}; shift ;;
      --no-tests) run_tests=0 ;;
      --fresh) fresh=1 ;;
      -h | --help) usage; exit 0 ;;
      --) shift; build_options=("$@"); return ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

choose_engine() {
  local candidate
  for candidate in docker podman; do
    if [[ -z $engine ]] && "$candidate" info >/dev/null 2>&1; then engine=$candidate; fi
  done
  engine=${engine:-buildah}
  case "$engine" in
    docker | podman) ;;
    buildah) prepare_buildah ;;
    *) usage >&2; exit 2 ;;
  esac
  say "using $engine"
}

# --- without a daemon ---------------------------------------------------------------------------

base=hillock-base:trixie

prepare_buildah() {
  [[ $EUID -eq 0 ]] || fail "building without Docker or Podman needs root"
  local -A package=([buildah]=buildah [mmdebstrap]=mmdebstrap [ip]=iproute2)
  local command needed=()
  for command in "${!package[@]}"; do
    command -v "$command" >/dev/null || needed+=("${package[$command]}")
  done
  if [[ ${#needed[@]} -gt 0 ]]; then
    say "installing ${needed[*]}"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${needed[@]}"
  fi
  # Copies whole layers, but needs nothing of the kernel.
  buildah info >/dev/null 2>&1 || export STORAGE_DRIVER=vfs
}

# A minimal Debian 13, made once from the mirrors this machine already uses.
make_base() {
  if [[ $fresh -eq 0 ]] && buildah inspect --type image "$base" >/dev/null 2>&1; then return; fi
  say "making a Debian 13 base"
  mmdebstrap --quiet --variant=apt --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt=force-unsafe-io trixie "$scratch/base.tar"
  local from
  from=$(buildah from scratch)
  buildah add --quiet "$from" "$scratch/base.tar" / >/dev/null
  buildah commit --quiet --rm "$from" "$base" >/dev/null
  rm "$scratch/base.tar"
}

# The server gets a network of its own, so the image's own ports are free whatever else runs here.
start_with_buildah() {
  local entrypoint
  mapfile -t entrypoint < <(buildah inspect --type image --format \
    '{{range .Docker.Config.Entrypoint}}{{println .}}{{end}}{{range .Docker.Config.Cmd}}{{println .}}{{end}}' \
    "$image" | sed '/^$/d')
  container=$(buildah from --pull-never "$image")
  unshare --net sh -c 'ip link set lo up && exec "$@"' sh \
    buildah run --isolation chroot "$container" -- "${entrypoint[@]}" >"$scratch/log" 2>&1 &
  server=$!
}

# The server's own process: the first one in its network that is called so.
server_process() {
  local process network
  network=$(readlink "/proc/$server/ns/net")
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/ns/net" 2>/dev/null) == "$network" ]] || continue
    [[ $(cat "$process/comm" 2>/dev/null) == hillock-server ]] || continue
    echo "${process#/proc/}"
    return
  done
  fail "no hillock-server process"
}

stop_with_buildah() {
  kill -TERM "$(server_process)"
  exit_status=0
  wait "$server" || exit_status=$?
  server=
}

# --- one verb for every engine ------------------------------------------------------------------

build() {
  local options=(--tag "$image" --build-arg RUN_TESTS="$run_tests" --build-arg VERSION="$version"
    --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || true)")
  if [[ $fresh -eq 1 ]]; then options+=(--no-cache); fi
  options+=("${build_options[@]}")
  case "$engine" in
    buildah)
      make_base
      buildah build --layers --isolation chroot --format docker --pull-never \
        --build-arg BASE="$base" "${options[@]}" . ;;
    podman) podman build --layers --format docker "${options[@]}" . ;;
    docker) docker build "${options[@]}" . ;;
  esac
}

start() {
  case "$engine" in
    buildah) start_with_buildah ;;
    *) container=$("$engine" run --detach --read-only --cap-drop ALL \
      --security-opt no-new-privileges "$image") ;;
  esac
}

inside() {
  case "$engine" in
    buildah) nsenter --net --target "$server" buildah run --isolation chroot "$container" -- "$@" ;;
    *) "$engine" exec "$container" "$@" ;;
  esac
}

# Sends SIGTERM, waits, and sets exit_status.
stop() {
  case "$engine" in
    buildah) stop_with_buildah ;;
    *)
      "$engine" stop -t 30 "$container" >/dev/null
      exit_status=$("$engine" inspect --format '{{.State.ExitCode}}' "$container") ;;
  esac
}

logs() {
  case "$engine" in
    buildah) cat "$scratch/log" ;;
    *) "$engine" logs "$container" 2>&1 ;;
  esac
}

configured_user() {
  case "$engine" in
    buildah) buildah inspect --type image --format '{{.Docker.Config.User}}' "$image" ;;
    *) "$engine" image inspect --format '{{.Config.User}}' "$image" ;;
  esac
}

megabytes() {
  local bytes
  case "$engine" in
    buildah) bytes=$(du -sb "$(buildah mount "$container")" | cut -f1) ;;
    *) bytes=$("$engine" image inspect --format '{{.Size}}' "$image") ;;
  esac
  echo $(((bytes + 500000) / 1000000))
}

clean_up() {
  local status=$?
  if [[ $status -ne 0 && -n $container ]]; then logs >&2 || true; fi
  if [[ -n $server ]]; then kill -KILL "$(server_process 2>/dev/null)" 2>/dev/null || true; fi
  case "$engine:$container" in
    *:) ;;
    buildah:*) buildah rm "$container" >/dev/null 2>&1 || true ;;
    *) "$engine" rm --force "$container" >/dev/null 2>&1 || true ;;
  esac
  rm -rf "$scratch"
}

await_ready() {
  local deadline=$((SECONDS + ready_within))
  until inside "${readiness[@]}" >/dev/null 2>&1; do
    [[ $SECONDS -lt $deadline ]] || fail "not ready within $ready_within s"
    sleep 0.2
  done
  say "ready"
}

check_user() {
  local actual
  actual=$(configured_user)
  [[ $actual == "$user" ]] || fail "the image runs as '$actual', not as $user"
  if [[ $engine == buildah ]]; then
    actual=$(awk '/^Uid:/ { u = $3 } /^Gid:/ { print u ":" $3 }' "/proc/$(server_process)/status")
    [[ $actual == "$user" ]] || fail "the server runs as $actual, not as $user"
  fi
  say "runs as $user"
}

main() {
  parse_arguments "$@"
  trap clean_up EXIT
  choose_engine
  build
  start
  await_ready
  check_user
  say "${prediction[*]}"
  inside "${prediction[@]}"
  local size
  size=$(megabytes)
  stop
  [[ $exit_status == 0 ]] || fail "SIGTERM ended the server with exit $exit_status"
  say "$image built ($size MB), served a prediction, drained and exited 0"
}

main "$@"
