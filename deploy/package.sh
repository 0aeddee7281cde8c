#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the Debian package and a tarball of the same files, installs both on a minimal system of the
# same release, and gets a prediction from each there. Needs root, as it makes that system with
# mmdebstrap.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: package.sh [--no-check]
  --no-check  only make the package and the tarball
They are left in build/release. The tarball is to be unpacked anywhere; the libraries that its programs
load come with the package, or by its share/hillock/install-deps.sh --runtime.
USAGE
}

build=build/release
check=1
scratch=$(mktemp -d)
root=$scratch/root
server=

say() { echo "package.sh: $1"; }
fail() {
  say "$1" >&2
  exit 1
}

clean_up() {
  local status=$?
  if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
  umount "$root/proc" 2>/dev/null || true
  if [[ $status -ne 0 && -f $scratch/log ]]; then cat "$scratch/log" >&2; fi
  rm -rf "$scratch"
}
trap clean_up EXIT

parse_arguments() {
  case "${1:-}" in
    "") ;;
    --no-check) check=0 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
}

make_package() {
  deploy/install-deps.sh --build-only
  if [[ ! -f $build/CMakeCache.txt ]]; then cmake --preset release --log-level=WARNING; fi
  cmake --build "$build" --target hillock hillock-server
  rm -f "$build"/hillock[_-]*.{deb,tar.gz}
  (cd "$build" && cpack -G 'DEB;TGZ' >"$scratch/cpack") || { cat "$scratch/cpack" >&2; exit 1; }
  package=$(echo "$build"/hillock_*.deb)
  tarball=$(echo "$build"/hillock-*.tar.gz)
  local file
  for file in "$package" "$tarball"; do
    say "made $file, $(($(stat -c %s "$file") / 1000000)) MB"
  done
}

make_system() {
  [[ $EUID -eq 0 ]] || fail "the check needs root; --no-check only makes the package"
  if ! command -v mmdebstrap >/dev/null; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends mmdebstrap
  fi
  # shellcheck source=/dev/null
  local suite
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  say "making a minimal system of '$suite' with both"
  cp "$package" "$scratch/hillock.deb"
  mmdebstrap --quiet --variant=apt --dpkgopt=force-unsafe-io \
    --customize-hook="copy-in $scratch/hillock.deb /" \
    --customize-hook='chroot "$1" apt-get install -qq -y --no-install-recommends /hillock.deb' \
    "$suite" "$root" >"$scratch/log" 2>&1
  tar --extract --file "$tarball" --directory "$root/opt"
  mount -t proc proc "$root/proc"
}

# From the files below $1, a folder of that system.
predict() {
  say "serving and predicting from $1"
  chroot "$root" "$1/bin/hillock-server" --repository "$1/share/hillock/models" --listen 127.0.0.1:0 \
    --http-listen "" >"$scratch/log" 2>&1 &
  server=$!
  local address deadline=$((SECONDS + 30))
  until address=$(sed -n 's/.* ready: .* grpc \([^,]*\),.*/\1/p' "$scratch/log") && [[ -n $address ]]; do
    [[ $SECONDS -lt $deadline ]] || fail "not ready within 30 s"
    sleep 0.2
  done
  chroot "$root" "$1/bin/hillock" predict iris --limit 2 --server "$address" \
    --input "$1/share/hillock/models/iris/held_out.csv"
  kill -TERM "$server"
  wait "$server" || fail "the server ended with $?"
  server=
}

main() {
  parse_arguments "$@"
  make_package
  if [[ $check -eq 1 ]]; then
    make_system
    predict /usr
    predict "/opt/$(basename "$tarball" .tar.gz)"
    say "the package and the tarball work"
  fi
}

main "$@"
