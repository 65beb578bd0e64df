#!/usr/bin/env bash
# Makes the product's image from a release build, without a container engine, and gives it to the local clusters.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
source "$here/image-lib.sh"
trap 'explain_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR

readonly image=dst-load:dev
build_dir=$repository/build/release
state_root=${DST_LOAD_STATE:-/var/lib/dst-load}

usage() {
  cat <<EOF
Usage: hack/image.sh [--name CLUSTER]... [--build-dir DIR] [--no-import]

Makes $image from the programs in DIR (default build/release; build them first) and imports it into the named clusters
of hack/cluster.sh, or into every one that runs containerd. Prints the path of the image's archive, which also
\`docker load\` and \`k3d image import\` take.

The image holds the two programs, the shared libraries that they load, CA certificates, time zones, and user 65532. Use the
Dockerfile where there is Docker.
EOF
}

product_image() {
  local rootfs program
  rootfs=$(mktemp -d)
  chmod 755 "$rootfs"
  add_users "$rootfs"
  for program in operator/dst-load-operator workers/dst-load-controller; do
    [[ -x $build_dir/$program ]] || die "$build_dir/$program does not exist: cmake --build --preset release"
    copy_with_libraries "$rootfs" "$build_dir/$program" "/usr/local/bin/$(basename "$program")"
  done
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$rootfs/etc/ssl/certs/ca-certificates.crt"
  # Time zones of LoadTestSchedules; not the copies that count leap seconds.
  [[ -d /usr/share/zoneinfo/Europe ]] || die "/usr/share/zoneinfo has no time zones: hack/deps.sh installs tzdata"
  mkdir -p "$rootfs/usr/share"
  cp -a /usr/share/zoneinfo "$rootfs/usr/share/zoneinfo"
  rm -rf "$rootfs"/usr/share/zoneinfo/{right,posix,localtime}
  make_image "$image" "$rootfs" 65532:65532
  rm -rf "$rootfs"
}

# The clusters that run containerd.
running_clusters() {
  local socket
  for socket in "$state_root"/*/containerd.sock; do
    [[ -S $socket ]] && basename "$(dirname "$socket")"
  done
}

main() {
  local clusters=() no_import="" archive cluster
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --name) need_value "$@" && clusters+=("$2") && shift ;;
      --build-dir) need_value "$@" && build_dir=$2 && shift ;;
      --no-import) no_import=1 ;;
      *) bad_usage "unknown argument $1" ;;
    esac
    shift
  done
  archive=$(product_image)
  if [[ ! $no_import ]]; then
    need_root
    ((${#clusters[@]})) || mapfile -t clusters < <(running_clusters)
    for cluster in "${clusters[@]}"; do
      [[ -S $state_root/$cluster/containerd.sock ]] || die "cluster $cluster runs no containerd"
      import_image "$state_root/$cluster" "$archive" "$image"
      log "cluster $cluster has $image"
    done
  fi
  echo "$archive"
}

main "$@"
