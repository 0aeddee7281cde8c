#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh machine to predictions: installs, builds, starts the server on models/, predicts
# held-out digits, measures accuracies and activation times through gRPC, and stops the server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
usage: quickstart.sh [--keep]
  --keep  leave the server running on 127.0.0.1:8001, metrics on 127.0.0.1:8002
USAGE
}

build=build/release
log=$build/quickstart-server.log
listen=127.0.0.1:0
http_listen=127.0.0.1:0
keep=0
server=

step() { printf '\n==> [%s/5] %s\n' "$1" "$2"; }
fail() {
  echo "quickstart.sh: $1" >&2
  exit 1
}

parse_arguments() {
  case "${1:-}" in
    "") ;;
    --keep)
      keep=1
      listen=127.0.0.1:8001
      http_listen=127.0.0.1:8002 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
}

compile() {
  cmake --preset release --log-level=WARNING
  cmake --build --preset release --target hillock-server hillock
}

stop_server() {
  if [[ -z $server || $keep -eq 1 ]]; then return; fi
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || true
}

# Sets `address` and `metrics` from the server's line that it is ready.
start_server() {
  "$build/hillock-server" --repository models --listen "$listen" \
    --http-listen "$http_listen" >"$log" 2>&1 &
  server=$!
  trap stop_server EXIT
  local ready
  until ready=$(grep -m 1 ' ready: ' "$log"); do
    kill -0 "$server" 2>/dev/null || { cat "$log" >&2; fail "the server did not start"; }
    sleep 0.05
  done
  echo "$ready"
  address=$(sed 's/.* grpc \([^,]*\),.*/\1/' <<<"$ready")
  metrics=$(sed 's/.* http \([^,]*\),.*/\1/' <<<"$ready")
}

hillock() { "$build/hillock" "$@"; }

draw_digits() {
  hillock predict digits-gelu_erf --server "$address" --input models/digits-gelu_erf/held_out.csv \
    --limit 3 --draw 8x8
}

print_accuracies() {
  local folder model
  for folder in models/digits-*/; do
    model=$(basename "$folder")
    printf '%-18s ' "$model"
    hillock predict "$model" --server "$address" --input "${folder}held_out.csv" --quiet
  done
  printf '%-18s ' fashion-mnist
  hillock predict fashion-mnist --server "$address" --input models/fashion-mnist/held_out.npy \
    --labels models/fashion-mnist/held_out_labels.csv --quiet
}

main() {
  parse_arguments "$@"
  step 1 "Installing what is missing from the distribution's packages"
  deploy/install-deps.sh --build-only
  step 2 "Compiling the server and the client"
  compile
  step 3 "Starting the server on models/"
  start_server
  step 4 "Predicting digits it has never seen"
  draw_digits
  print_accuracies
  step 5 "What each activation cost, as the server's metrics tell it"
  hillock stats --metrics "$metrics"
  echo
  if [[ $keep -eq 1 ]]; then
    disown "$server"
    echo "quickstart.sh: done in $SECONDS s; serving on $address, metrics on http://$metrics/metrics" \
      "(stop it with: kill $server)"
  else
    echo "quickstart.sh: done in $SECONDS s; the server is stopped (--keep leaves it running)"
  fi
}

main "$@"
