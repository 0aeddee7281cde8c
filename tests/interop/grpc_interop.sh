#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gRPC's own interoperability tests: the clients of grpc-go and grpc-java against grpc_test_service,
# which answers them with this project's transport.
set -euo pipefail

name=grpc_interop
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"
failed=0

case_seconds=60
patience=--soak_per_iteration_max_acceptable_latency_ms=10000 # of busy machines

cases=(empty_unary large_unary client_streaming server_streaming ping_pong empty_stream
  timeout_on_sleeping_server cancel_after_begin cancel_after_first_response status_code_and_message
  special_status_message custom_metadata unimplemented_method unimplemented_service rpc_soak
  channel_soak)
go_cases=("${cases[@]}" pick_first_unary)
java_cases=("${cases[@]}" client_compressed_unary server_compressed_unary
  client_compressed_streaming server_compressed_streaming very_large_request)

# Repeated over TLS.
tls_cases=(large_unary ping_pong cancel_after_first_response)

# Calls for some 2 s, while the server asks each connection to leave as soon as it is this old.
age_seconds=0.1
soak=(--test_case=rpc_soak --soak_iterations=600 --soak_num_threads=4
  --soak_min_time_ms_between_rpcs=10 --soak_overall_timeout_seconds=30 --soak_request_size=5000
  --soak_response_size=5000)

usage() {
  cat <<'USAGE'
usage: grpc_interop.sh BUILD_DIR
  BUILD_DIR  where grpc_test_service is, for example build/release
What comes from package registries goes into BUILD_DIR/interop;
HILLOCK_INTEROP_OFFLINE=1 skips it.
USAGE
}

# start_service OPTION...  sets to, which leads a client there.
start_service() {
  local line
  coproc SERVER { exec "$build/grpc_test_service" "$@"; }
  read -r -t 60 line <&"${SERVER[0]}" || fail "grpc_test_service does not start"
  to=(--server_host=localhost "--server_port=${line##*:}")
}

stop_service() {
  local pid=${SERVER_PID:-}
  [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null || fail "grpc_test_service has ended by itself"
  kill -TERM "$pid"
  wait "$pid" 2>/dev/null || true
  SERVER_PID=
}

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$scratch/tls.key" -out "$scratch/tls.crt" 2>/dev/null
}

# run_case CLIENT WHAT COMMAND...
run_case() {
  local code=0
  timeout "$case_seconds" "${@:3}" >"$scratch/said" 2>&1 || code=$?
  if [[ $code -eq 0 ]] && ! grep -q FATAL "$scratch/said"; then
    row "$1" "$2" ok
  else
    row "$1" "$2" "FAILED ($code): $(grep -m 1 -E 'FATAL|Exception|Error' "$scratch/said" ||
      tail -n 1 "$scratch/said")"
    failed=1
  fi
}

# run_client NAME COMMAND...  with what go_cases or java_cases, and tls, say.
run_client() {
  local client=$1 command=("${@:2}") case
  start_service
  for case in "${those[@]}"; do
    run_case "$client" "$case" "${command[@]}" "${to[@]}" "${plain[@]}" "$patience" \
      "--test_case=$case"
  done
  stop_service
  start_service --tls-cert "$scratch/tls.crt" --tls-key "$scratch/tls.key"
  for case in "${tls_cases[@]}"; do
    run_case "$client" "$case, TLS" "${command[@]}" "${to[@]}" "${tls[@]}" "--test_case=$case"
  done
  stop_service
  start_service --max-connection-age "$age_seconds"
  run_case "$client" "rpc_soak, asked to leave each 0.2 s" "${command[@]}" "${to[@]}" "${plain[@]}" \
    "$patience" "${soak[@]}"
  stop_service
}

run_go() {
  local those=("${go_cases[@]}") plain=() tls=(--use_tls --use_test_ca "--ca_file=$scratch/tls.crt")
  if get_go_module "$1"; then
    run_client grpc-go "$1/client"
  else
    skip grpc-go "$why"
  fi
}

run_java() {
  local those=("${java_cases[@]}") plain=(--use_tls=false) tls=(--use_tls=true) trust=$scratch/trust
  local classpath
  if ! command -v java >/dev/null; then
    skip grpc-java "there is no Java; Debian's package: default-jdk-headless"
  elif get_java "$1"; then
    keytool -importcert -noprompt -alias server -file "$scratch/tls.crt" -keystore "$trust" \
      -storepass interop 2>/dev/null
    run_client grpc-java java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
      "-Djavax.net.ssl.trustStore=$trust" -Djavax.net.ssl.trustStorePassword=interop \
      -cp "$classpath" io.grpc.testing.integration.TestServiceClient
  else
    skip grpc-java "$why"
  fi
}

main() {
  if [[ $# -ne 1 || $1 == -* ]]; then
    usage >&2
    exit 2
  fi
  local build to
  build=$(cd "$1" && pwd)
  [[ -x $build/grpc_test_service ]] || fail "$1 has no grpc_test_service"
  make_certificate
  row client case result
  run_go "$build/interop/grpc"
  run_java "$build/interop/java"
  [[ $failed -eq 0 ]] || fail "cases failed, see above"
  echo "grpc_interop: every case passed${skipped[*]:+; skipped: ${skipped[*]}} (${SECONDS} s)"
}

main "$@"
