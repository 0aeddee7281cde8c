#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the container image, starts it, gets a prediction from it and stops it. Works with Docker,
# with Podman, and without any daemon: then Buildah builds on a Debian base made from packages. The
# image for another platform is cross-compiled, and its programs are run in QEMU.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: image.sh [--platform PLATFORM,...] [--engine docker|podman|buildah] [--tag NAME]
                [--tests all|foreign|none] [--sbom] [--check-reproducible] [--fresh] [-- OPTION...]
  --platform  linux/amd64, linux/arm64 or both (default: this machine's); images for other platforms
              than this machine's are called NAME-ARCHITECTURE
  --engine    default: the first of docker, podman, buildah that works; buildah is installed if need be
  --tag       name of the image (default: hillock:VERSION)
  --tests     which unit and conformance tests to run while building: those for every platform
              (default), those for platforms other than this machine's, or none
  --sbom      write what is in the image to build/NAME.spdx.json; needs debsbom (PyPI)
  --check-reproducible
              build everything a second time, without any cache, and compare the two images
  --fresh     use nothing from earlier builds
  OPTION...   further options of the engine's build, for example --build-arg BASE=NAME
USAGE
}

# What the image is asked once it is ready.
prediction=(hillock predict digits-relu --input /models/digits-relu/held_out.csv --limit 3)
readiness=(hillock health)
ready_within=30  # seconds
user=65532:65532
megabytes_at_most=60

version=$(sed -n 's/^project(hillock VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
revision=$(git rev-parse HEAD 2>/dev/null || true)
# The time of everything in the image, so that the same source gives the same image.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
machine=$(dpkg --print-architecture)
platforms=linux/$machine
name=hillock:$version
engine=
tests=all
sbom=0
reproducible=0
fresh=0
build_options=()
scratch=$(mktemp -d)
container=
server=
exit_status=

# Of the platform at hand.
architecture=
image=
tree=
contents=

say() { echo "image.sh: $1"; }
fail() {
  say "$1" >&2
  exit 1
}

parse_arguments() {
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --platform) platforms=${2:?--platform needs a list}; shift ;;
      --engine) engine=${2:?--engine needs a name}; shift ;;
      --tag) name=${2:?--tag needs a name}; shift ;;
      --tests) tests=${2:?--tests needs a word}; shift ;;
      --sbom) sbom=1 ;;
      --check-reproducible) reproducible=1 ;;
      --fresh) fresh=1 ;;
      -h | --help) usage; exit 0 ;;
      --) shift; build_options=("$@"); break ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  [[ $tests =~ ^(all|foreign|none)$ ]] || { usage >&2; exit 2; }
  [[ ,$platforms =~ ^(,linux/(amd64|arm64))+$ ]] || fail "got platforms $platforms, want linux/amd64,linux/arm64"
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

created() { date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ; }

is_foreign() { [[ $architecture != "$machine" ]]; }

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

# Takes further options.
build() {
  local run_tests=1
  case "$tests:$architecture" in none:* | "foreign:$machine") run_tests=0 ;; esac
  local options=(--platform "linux/$architecture" --build-arg RUN_TESTS="$run_tests"
    --build-arg VERSION="$version" --build-arg REVISION="$revision"
    --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"
    --build-arg CREATED="$(created)")
  if [[ $fresh -eq 1 ]]; then options+=(--no-cache); fi
  options+=("${build_options[@]}" "$@")
  case "$engine" in
    buildah)
      make_base
      buildah build --layers --isolation chroot --format docker --pull-never \
        --timestamp "$SOURCE_DATE_EPOCH" --build-arg BASE="$base" --build-arg BUILDPLATFORM="linux/$machine" "${options[@]}" . ;;
    podman)
      podman build --layers --format docker --timestamp "$SOURCE_DATE_EPOCH" "${options[@]}" . ;;
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

remove_container() {
  case "$engine:$container" in
    *:) ;;
    buildah:*) buildah rm "$container" >/dev/null 2>&1 || true ;;
    *) "$engine" rm --force "$container" >/dev/null 2>&1 || true ;;
  esac
  container=
}

# Copies the files of the image $1 to the folder $2.
unpack() {
  mkdir "$2"
  case "$engine" in
    buildah)
      container=$(buildah from --pull-never "$1")
      cp --archive "$(buildah mount "$container")/." "$2" ;;
    *)
      container=$("$engine" create --platform "linux/$architecture" "$1" none)
      "$engine" export "$container" \
        | tar --extract --directory "$2" --exclude={.dockerenv,dev,proc,sys,etc/host*,etc/mtab,etc/resolv.conf} ;;
  esac
  remove_container
}

clean_up() {
  local status=$?
  if [[ $status -ne 0 && -n $container ]]; then logs >&2 || true; fi
  if [[ -n $server ]]; then kill -KILL "$(server_process 2>/dev/null)" 2>/dev/null || true; fi
  remove_container
  rm -rf "$scratch"
}

# --- what is in an image ------------------------------------------------------------------------

check_contents() {
  contents=$(deploy/image/contents.sh "$tree")
  echo "$contents"
  local megabytes=${contents##*$'\n'}
  [[ ${megabytes%%.*} -lt $megabytes_at_most ]] || fail "$image: more than $megabytes_at_most MB"
}

check_reproducible() {
  say "building $image again, without caches"
  local again=$image-again
  build --tag "$again" --no-cache --build-arg CCACHE_DISABLE=1
  unpack "$again" "$scratch/again"
  diff --recursive --no-dereference --brief "$tree" "$scratch/again" || fail "the two images differ"
  [[ $(deploy/image/contents.sh "$scratch/again") == "$contents" ]] \
    || fail "the two images differ in times or modes"
  rm -r "$scratch/again"
  "$engine" rmi "$again" >/dev/null
  say "the two images are the same"
}

# Tools for Debian's packages look for them in one file.
write_sbom() {
  command -v debsbom >/dev/null || fail "--sbom needs debsbom: pip install 'debsbom[spdx]'"
  local root=$scratch/packages file=$PWD/build/hillock-$version-$architecture
  mkdir -p "$root/var/lib/dpkg" build
  sed --separate '$G' "$tree"/var/lib/dpkg/status.d/* >"$root/var/lib/dpkg/status"
  debsbom generate --root "$root" --sbom-type spdx --distro-arch "$architecture" \
    --distro-name hillock --distro-version "$version" --base-distro-vendor debian \
    --timestamp "$(created)" --out "$file"
  rm -r "$root"
  say "wrote $file.spdx.json"
}

# --- running it ---------------------------------------------------------------------------------

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

check_with_engine() {
  start
  await_ready
  check_user
  say "${prediction[*]}"
  inside "${prediction[@]}"
  stop
  [[ $exit_status == 0 ]] || fail "SIGTERM ended the server with exit $exit_status"
  remove_container
}

# $1: path of an emulator in the tree, or nothing; $2: how often.
check_in_namespaces() {
  if [[ $EUID -ne 0 ]]; then
    say "running the tree of $image needs root: left out"
    return
  fi
  local i
  for ((i = 0; i < $2; ++i)); do
    unshare --mount --net --pid --fork deploy/image/serve.sh "$tree" "$user" "$1" "${prediction[@]}" \
      >"$scratch/answer.$i" || fail "no prediction from the tree of $image"
  done
  head -n -1 "$scratch/answer.0"
  say "$(tail -qn 1 "$scratch"/answer.* | sort -nk 3 | head -n 1), the best of $2"
}

# The emulator of the platform is a stage of the Dockerfile.
install_emulator() {
  build --tag "$image-emulator" --target emulator
  unpack "$image-emulator" "$scratch/emulator"
  cp "$scratch/emulator/emulator" "$tree"
  emulator=/emulator
  rm -r "$scratch/emulator"
}

check_image() {
  if is_foreign; then
    local emulator
    install_emulator
    check_in_namespaces "$emulator" 1
  else
    check_with_engine
    check_in_namespaces '' 5
  fi
}

one_platform() {
  architecture=${1#linux/}
  image=$name
  if is_foreign; then image=$name-$architecture; fi
  tree=$scratch/$architecture
  build --tag "$image"
  unpack "$image" "$tree"
  check_contents
  if [[ $sbom -eq 1 ]]; then write_sbom; fi
  if [[ $reproducible -eq 1 ]]; then check_reproducible; fi
  check_image
  say "$image built, served a prediction, drained and exited 0"
}

main() {
  parse_arguments "$@"
  trap clean_up EXIT
  choose_engine
  local platform
  for platform in ${platforms//,/ }; do one_platform "$platform"; done
}

main "$@"
