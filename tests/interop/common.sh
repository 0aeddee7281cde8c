# SPDX-License-Identifier: Apache-2.0

# What the scripts of this folder share. To be sourced after setting `name`, which begins messages.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=/usr/bin/python3 # the distribution's, for which its packages are
scratch=$(mktemp -d)
skipped=()
running=() # processes to end with the script, beside the server
why= # the reason when something cannot be had

fail() {
  echo "$name: $1" >&2
  exit 1
}

stop() {
  local pid
  for pid in ${SERVER_PID:-} ${running[*]:-}; do kill -KILL "$pid" 2>/dev/null || true; done
  rm -rf "$scratch"
}
trap stop EXIT

row() { printf '%-13s %-42s %s\n' "$@"; }

# skip CLIENT REASON
skip() {
  row "$1" "all calls" "SKIPPED: $2"
  skipped+=("$1")
}

# make_stubs PROTO...  writes Python's stubs into $scratch.
make_stubs() {
  local plugin
  plugin=$(command -v grpc_python_plugin) || fail "needs Debian's package protobuf-compiler-grpc"
  "$python" -c 'import grpc, google.protobuf' 2>/dev/null ||
    fail "needs Debian's packages python3-grpcio and python3-protobuf"
  protoc --plugin=protoc-gen-grpc_python="$plugin" --python_out="$scratch" \
    --grpc_python_out="$scratch" --proto_path="$root/proto" --proto_path="$here" "$@"
}

# start_server BUILD_DIR REPOSITORY OPTION...  sets address and metrics.
start_server() {
  local line log=
  coproc SERVER { exec "$1/hillock-server" --repository "$2" --listen 127.0.0.1:0 \
    --http-listen 127.0.0.1:0 "${@:3}"; }
  while read -r -t 60 line <&"${SERVER[0]}"; do
    if [[ $line =~ \ ready:\ .*\ grpc\ ([^,]+),\ http\ ([^,]+), ]]; then
      address=${BASH_REMATCH[1]}
      metrics=${BASH_REMATCH[2]}
      return
    fi
    log+="$line"$'\n'
  done
  fail "the server did not become ready: ${log:-no output}"
}

stop_server() {
  local pid=$SERVER_PID
  kill -TERM "$pid"
  wait "$pid" || fail "the server ended with code $? at SIGTERM"
  SERVER_PID=
}

# Whether downloads are allowed; sets why.
is_online() {
  [[ ${HILLOCK_INTEROP_OFFLINE:-0} != 1 ]] && return
  why="HILLOCK_INTEROP_OFFLINE is set"
  return 1
}

# quietly WHAT SECONDS COMMAND...  Sets why when the command fails or takes longer.
quietly() {
  timeout "${@:2}" >"$scratch/said" 2>&1 && return
  why="$1: $(tail -n 1 "$scratch/said")"
  return 1
}

# make_venv SECONDS VENV PACKAGE...  makes a virtual environment with just these packages, unless it
# is there already. Sets why.
make_venv() {
  local seconds=$1 venv=$2 any
  shift 2
  is_online || return 1
  [[ $(cat "$venv/packages" 2>/dev/null) == "$*" ]] && return
  for any in "$python" python3; do
    rm -rf "$venv"
    "$any" -m venv "$venv" >/dev/null 2>&1 && break
  done
  [[ -x $venv/bin/pip ]] || { why="Python has no venv; Debian's package: python3-venv"; return 1; }
  if ! quietly "pip cannot install $*" "$seconds" "$venv/bin/pip" install --quiet \
    --disable-pip-version-check --retries 1 --timeout 20 "$@"; then
    rm -rf "$venv"
    return 1
  fi
  echo "$*" >"$venv/packages"
}
