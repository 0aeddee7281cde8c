#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts the server of an image's tree, runs a command of the tree until it succeeds, prints what it
# printed and how long after the start of the server that was, and stops the server. For namespaces of
# its own, as image.sh makes them.
set -euo pipefail

[[ $# -ge 4 ]] || { echo "usage: serve.sh TREE USER:GROUP EMULATOR|'' COMMAND..." >&2; exit 2; }
tree=$1 user=$2 emulator=$3
shift 3

# The command's first word is the name of a program of the tree.
in_tree() {
  local program=/usr/bin/$1
  shift
  # The emulator is one word, or none.
  # shellcheck disable=SC2086
  exec chroot --userspec="$user" "$tree" $emulator "$program" "$@"
}

microseconds() { echo "${EPOCHREALTIME/[.,]/}"; }

fail() {
  cat "$tree.log" >&2
  exit 1
}

mkdir -p "$tree"/{proc,dev}
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
ip link set lo up
start=$(microseconds)
in_tree hillock-server --repository /models --http-listen '' >"$tree.log" 2>&1 &
until answer=$(in_tree "$@" 2>/dev/null); do
  kill -0 $! && [[ $SECONDS -lt 60 ]] || fail
done
milliseconds=$((($(microseconds) - start) / 1000))
echo "$answer"
kill -TERM $!
wait $! || fail
echo "first answer $milliseconds ms after the start of the server"
