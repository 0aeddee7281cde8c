# SPDX-License-Identifier: Apache-2.0

# Proxies in front of a server. To be sourced after common.sh. Each start_ function takes the server's
# address, starts $proxy with a configuration that leads there and sets proxy_address; otherwise it
# sets why and fails.

free_port() {
  "$python" -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as any:
    print(any.getsockname()[1])'
}

# start_proxy PORT COMMAND...
start_proxy() {
  local port=$1
  "${@:2}" >"$scratch/proxy" 2>&1 &
  running+=($!)
  for _ in {1..200}; do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && proxy_address=127.0.0.1:$port && return
    sleep 0.05
  done
  why="$2 does not start: $(tail -n 1 "$scratch/proxy")"
  return 1
}

stop_proxy() {
  local pid=${running[-1]}
  kill -TERM "$pid"
  wait "$pid" || true
  unset 'running[-1]'
}

# As deploy/envoy/envoy.yaml has it, with other addresses.
start_envoy() {
  local port
  port=$(free_port)
  sed -e "s/address: 0.0.0.0, port_value: 8001/address: 127.0.0.1, port_value: $port/" \
    -e "s/address: hillock-headless, port_value: 8001/address: ${1%:*}, port_value: ${1##*:}/" \
    "$root/deploy/envoy/envoy.yaml" >"$scratch/envoy.yaml"
  start_proxy "$port" "$proxy" --log-level error --concurrency 1 --disable-hot-restart \
    --config-path "$scratch/envoy.yaml"
}

start_nginx() {
  local port
  port=$(free_port)
  sed -e "s/PORT/$port/" -e "s/SERVER/$1/" "$here/nginx.conf" >"$scratch/nginx.conf"
  start_proxy "$port" "$proxy" -p "$scratch" -c nginx.conf -e stderr
}
