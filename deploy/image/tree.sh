#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lays out the file system of the image, as a step of the Dockerfile: the programs, the libraries they
# load and what says where those come from. The models lie beside it, since they are a layer of their
# own.
#
# Every library comes from a Debian package, shared or linked from an archive. The packages are listed
# under /var/lib/dpkg/status.d, where scanners look in an image without dpkg.
set -euo pipefail

[[ $# -eq 5 ]] || { echo "usage: tree.sh BUILD ARCHITECTURE EPOCH ROOT MODELS" >&2; exit 2; }
build=$1 epoch=$3 root=$4 models=$5
triplet=$(dpkg-architecture -f -a"$2" -qDEB_HOST_MULTIARCH)
libraries=usr/lib/$triplet
sources=$(mktemp)  # files that the image holds, or holds parts of

install_programs() {
  mkdir -p "$root"/{etc/ssl/certs,usr/bin,usr/lib,usr/lib64,"$libraries",var/lib/dpkg/status.d}
  ln -s usr/bin usr/lib usr/lib64 "$root"
  install --strip --strip-program="$triplet-strip" "$build"/hillock{,-server} "$root/usr/bin"
  ninja -C "$build" -t commands hillock-server hillock | grep -o ' /[^ ]*\.a\b' >>"$sources"
}

# Libraries that the given files load, and those that they load.
install_libraries() {
  local name
  for name in $("$triplet-objdump" -p "$@" | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
    [[ ! -e $root/$libraries/$name ]] || continue
    cp --dereference "/$libraries/$name" "$root/$libraries"
    realpath "/$libraries/$name" >>"$sources"
    install_libraries "$root/$libraries/$name"
  done
}

# The kernel finds the loader by the path that programs name.
link_loader() {
  local loader
  loader=$("$triplet-readelf" --program-headers "$root/usr/bin/hillock-server" \
    | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
  ln -s "/$libraries/${loader##*/}" "$root/usr$loader"
}

list_packages() {
  local package
  for package in $(sort -u "$sources" | xargs dpkg -S | sed 's/: .*//' | sort -u); do
    dpkg -s "$package" >"$root/var/lib/dpkg/status.d/${package%:*}"
    cp --parents --recursive "/usr/share/doc/${package%:*}/copyright" "$root"
  done
}

install_configuration() {
  cp --dereference /etc/os-release "$root/etc"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs"
  echo 'hillock:x:65532:65532:hillock:/:/sbin/nologin' >"$root/etc/passwd"
  echo 'hillock:x:65532:' >"$root/etc/group"
}

install_models() {
  mkdir "$models"
  cp --recursive models/*/ "$models"
}

install_programs
install_libraries "$root"/usr/bin/*
link_loader
list_packages
install_configuration
install_models
rm "$sources"
chmod -R a+rX "$root" "$models"
find "$root" "$models" -exec touch --no-dereference --date="@$epoch" {} +
