# Clients that are programs of others. To be sourced after common.sh. Each get_ function returns when
# the program is there; otherwise it sets why and fails.

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
