#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints what is in the tree of an image: bytes of the largest files, and of the others by kind. The
# last line has the size in MB and a digest of everything, with its times and modes.
set -euo pipefail

[[ $# -eq 1 ]] || { echo "usage: contents.sh TREE" >&2; exit 2; }
tree=$1

table() {
  find "$tree" -type f -printf '%s %P\n' | awk '
    $2 ~ /^models/ { kind = "models" }
    $2 ~ /^usr\/share\/doc|^var\/lib\/dpkg/ { kind = "copyright files and list of packages" }
    $2 ~ /^etc/ { kind = "certificates and configuration" }
    $2 ~ /^usr\/(bin|lib)/ { kind = $1 < 500000 ? "other libraries" : $2 }
    { sum[kind] += $1 }
    END { for (kind in sum) printf "%10d  %s\n", sum[kind], kind }' | sort -rn
}

megabytes() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.1f", sum / 1e6 }'; }

# Of everything below the tree but itself, whose time is the engine's.
digest() {
  find "$tree" -mindepth 1 -printf '%P\0' | LC_ALL=C sort --zero-terminated \
    | tar --create --format=gnu --numeric-owner --directory "$tree" --no-recursion --null --files-from=- \
    | sha256sum | cut -d' ' -f1
}

table
echo "$(megabytes "$tree") MB, of which models are $(megabytes "$tree/models") MB; sha256:$(digest)"
