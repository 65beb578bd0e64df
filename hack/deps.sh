#!/usr/bin/env bash
# Installs the Debian packages that the project needs. Does nothing, and asks no mirror, when all are there.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
trap 'explain_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR

readonly policy=/usr/sbin/policy-rc.d
readonly build=(ca-certificates ccache cmake g++ git libc-ares-dev libcli11-dev libcpp-httplib-dev libexpected-dev
  libfmt-dev libgrpc++-dev libgrpc-dev libprotobuf-dev libspdlog-dev libssl-dev libyaml-cpp-dev mold ninja-build
  nlohmann-json3-dev pkg-config prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc tzdata zlib1g-dev catch2)
readonly checks=(clang-format-14 clang-tidy-14 shellcheck)
readonly local_cluster=(busybox-static conntrack containerd containernetworking-plugins curl ethtool iproute2 iptables jq
  kmod openssl prometheus runc socat util-linux xz-utils)

usage() {
  cat <<EOF
Usage: hack/deps.sh [--build-only] [--list]

Installs what is missing of the Debian 12 packages for building, checking, and running local clusters. Needs root when
something is missing.

  --build-only   only what compiling needs
  --list         prints the packages, one a line, and installs nothing

Go 1.26 or newer is needed too, for hack/tools/build.sh; Debian's is too old, so it is yours to install.
EOF
}

missing_of() {
  local installed package
  # dpkg-query fails when it does not know one of them, and prints the others all the same.
  installed=" $(dpkg-query --show --showformat '${db:Status-Status}:${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $installed == *" installed:$package "* ]] || echo "$package"
  done
}

# Some of these packages start a service when they are installed. Debian asks this program first; we own it only if it is
# not there yet.
forbid_services() {
  [[ -e $policy ]] && return
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
}

install() {
  need_root
  log "installing $*"
  forbid_services
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2
  apt-get install -q -y --no-install-recommends "$@" >&2
}

main() {
  local packages=("${build[@]}" "${checks[@]}" "${local_cluster[@]}") list="" missing
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --build-only) packages=("${build[@]}") ;;
      --list) list=1 ;;
      *) bad_usage "unknown argument $1" ;;
    esac
    shift
  done
  if [[ $list ]]; then
    printf '%s\n' "${packages[@]}"
    return
  fi
  mapfile -t missing < <(missing_of "${packages[@]}")
  if ((${#missing[@]} == 0)); then
    log "all packages are installed"
    return
  fi
  install "${missing[@]}"
}

main "$@"
