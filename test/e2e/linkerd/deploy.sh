#!/usr/bin/env bash
# Deploys Linkerd's real destination controller, as a Pod, in a cluster of hack/cluster.sh.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../../hack/lib.sh
source "$here/../../../hack/lib.sh"
# shellcheck source=../../../hack/image-lib.sh
source "$repository/hack/image-lib.sh"
trap 'explain_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR

readonly skipped=77 # what ctest and automake take for a skipped test
sut=$repository/../shared/sut
controller=${LINKERD_CONTROLLER:-$sut/linkerd-controller.xz}
crds=${LINKERD_CRDS:-$sut/linkerd-crds.yaml}
image=linkerd-controller:sut

usage() {
  cat <<EOF
Usage: test/e2e/linkerd/deploy.sh KUBECONFIG [--image IMAGE]

Applies Linkerd's CRDs and its destination controller (namespace linkerd, Service linkerd-destination, gRPC on 8086,
metrics on 9996) and waits until it is ready. The image is made from the controller's binary and imported into the
cluster, whose state is the folder of KUBECONFIG; with --image, any cluster's nodes pull IMAGE instead.

Environment:
  LINKERD_CONTROLLER   the controller's binary, plain or .xz (default ../shared/sut/linkerd-controller.xz)
  LINKERD_CRDS         the CRDs that it needs (default ../shared/sut/linkerd-crds.yaml)

Exits $skipped when one of these files does not exist.
EOF
}

need_file() {
  [[ -e $1 ]] || die "skipped: $1 does not exist (see --help)" "$skipped"
}

# The binary as a plain file, unpacked once.
unpacked_controller() {
  local unpacked
  if [[ $controller != *.xz ]]; then
    echo "$controller"
    return
  fi
  unpacked=$dst_load_cache/linkerd/$(sha256_of "$controller")/linkerd-controller
  if [[ ! -x $unpacked ]]; then
    mkdir -p "$(dirname "$unpacked")"
    xz --decompress --stdout "$controller" >"$unpacked.$$"
    chmod 755 "$unpacked.$$"
    mv "$unpacked.$$" "$unpacked"
  fi
  echo "$unpacked"
}

import_controller() {
  local state=$1 work
  [[ -S $state/containerd.sock ]] || die "$state is not the state of a cluster with a kubelet: give --image"
  work=$(mktemp -d)
  # The entry point is named after the file.
  cp "$(unpacked_controller)" "$work/linkerd-controller"
  import_image "$state" "$(static_image "$image" "$work/linkerd-controller" 65532:65532)" "$image"
  rm -rf "$work"
}

deploy() {
  local kubectl
  kubectl=("$("$repository/hack/tools/build.sh" --path kubectl)" --kubeconfig "$1")
  "${kubectl[@]}" apply --server-side -f "$crds" >&2
  "${kubectl[@]}" wait --for=condition=Established --timeout=30s -f "$crds" >&2
  sed "s|@image@|$image|" "$here/manifests.yaml" | "${kubectl[@]}" apply --server-side -f - >&2
  "${kubectl[@]}" -n linkerd rollout status deployment/linkerd-destination --timeout=90s >&2
}

main() {
  local kubeconfig="" given=""
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --image) need_value "$@" && image=$2 && given=1 && shift ;;
      -*) bad_usage "unknown flag $1" ;;
      *) [[ -z $kubeconfig ]] || bad_usage "unexpected argument $1"
        kubeconfig=$1 ;;
    esac
    shift
  done
  [[ $kubeconfig ]] || bad_usage "a kubeconfig is needed"
  [[ -r $kubeconfig ]] || die "cannot read $kubeconfig"
  need_file "$crds"
  if [[ ! $given ]]; then
    need_file "$controller"
    import_controller "$(dirname "$(readlink -f "$kubeconfig")")"
  fi
  deploy "$kubeconfig"
  log "Linkerd's destination service is ready: linkerd-destination.linkerd.svc.cluster.local:8086"
}

main "$@"
