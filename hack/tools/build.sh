#!/usr/bin/env bash
# Builds the tools that the local cluster and the tests need, from the Go module proxy, and prints the folder that holds them.
#
# Every group of tools has a go.mod of its own beside this script, because their dependencies contradict each other. A
# built tool is kept under a hash of all that went into it, so another version never overwrites it, and a second call
# costs a hash. A build goes to a temporary folder that is renamed when it is whole: an interrupted one leaves no tool.
set -euo pipefail

readonly kubernetes_version=v1.36.3 # the same as in kubernetes/go.mod, which every build compares
readonly all_tools=(etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kwok helm kubelet kube-proxy coredns pause gitops)

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=${DST_LOAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dst-load}/tools

usage() {
  cat <<EOF
Usage: hack/tools/build.sh [TOOL...]
       hack/tools/build.sh --path TOOL

Builds the named tools (all of them when none is named) and prints, alone on stdout, a folder that holds them.
With --path, builds one tool and prints the path of its program. Progress goes to stderr.

Tools: ${all_tools[*]}

Environment:
  DST_LOAD_CACHE   where built tools are kept (default ~/.cache/dst-load)

A cold build of everything takes about ten minutes on two cores; after that this is a no-op. Needs Go 1.26.
EOF
}

log() { printf '%s\n' "$*" >&2; }

die() {
  log "build.sh: $1"
  exit "${2:-1}"
}

group_of() {
  case $1 in
    kube-apiserver | kubectl | kube-controller-manager | kube-scheduler | kubelet | kube-proxy) echo kubernetes ;;
    etcd | kwok | helm | coredns | pause | gitops) echo "$1" ;;
    *) return 1 ;;
  esac
}

package_of() {
  case $1 in
    kube*) echo "k8s.io/kubernetes/cmd/$1" ;;
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    kwok) echo sigs.k8s.io/kwok/cmd/kwok ;;
    helm) echo helm.sh/helm/v3/cmd/helm ;;
    coredns) echo github.com/coredns/coredns ;;
    pause | gitops) echo . ;;
  esac
}

# Without these a tool built from a module says v0.0.0, and Helm's templates see Kubernetes 1.20.
version_flags_of() {
  local minor=${kubernetes_version#v1.}
  minor=${minor%%.*}
  case $1 in
    kube*)
      local package
      for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        echo "-X $package.gitVersion=$kubernetes_version -X $package.gitMajor=1 -X $package.gitMinor=$minor -X $package.gitTreeState=clean"
      done
      ;;
    helm)
      echo "-X helm.sh/helm/v3/internal/version.version=$(module_version helm helm.sh/helm/v3)"
      local package
      for package in helm.sh/helm/v3/pkg/lint/rules helm.sh/helm/v3/pkg/chartutil; do
        echo "-X $package.k8sVersionMajor=1 -X $package.k8sVersionMinor=$minor"
      done
      ;;
  esac
}

# The version of MODULE that GROUP's go.mod requires.
module_version() {
  awk -v module="$2" '{ sub(/^require /, "") } $1 == module { print $2; exit }' "$here/$1/go.mod"
}

# Everything that decides what a tool's build makes.
recipe_of() {
  local group
  group=$(group_of "$1")
  echo "recipe 1: $1 $(package_of "$1") $(tr '\n' ' ' <<<"$(version_flags_of "$1")") $(go env GOVERSION GOOS GOARCH | tr '\n' ' ')"
  find "$here/$group" -type f \( -name go.mod -o -name go.sum -o -name '*.go' \) -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | cut -d' ' -f1
}

folder_of() {
  local hash
  hash=$(recipe_of "$1" | sha256sum)
  echo "$cache/$1-${hash:0:16}"
}

# KWOK is useless without its stages, which are files of its module.
copy_kwok_stages() {
  local module stage
  module=$(cd "$here/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)
  for stage in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease \
    pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
    echo "---"
    cat "$module/kustomize/stage/$stage.yaml"
  done >"$1/kwok-stages.yaml"
}

build() {
  local tool=$1 folder=$2 temporary flags started=$SECONDS
  log "build.sh: building $tool"
  rm -rf "$cache"/.building-* # of killed builds: this one alone holds the lock
  temporary=$(mktemp -d "$cache/.building-XXXXXX")
  # shellcheck disable=SC2064 # the folder of this call, not of the time of the signal
  trap "rm -rf '$temporary'" EXIT
  flags="-s -w $(version_flags_of "$tool" | tr '\n' ' ')"
  (cd "$here/$(group_of "$tool")" && CGO_ENABLED=0 GOWORK=off go build -trimpath -ldflags="$flags" -o "$temporary/$tool" "$(package_of "$tool")") >&2 ||
    die "cannot build $tool"
  if [[ $tool == kwok ]]; then
    copy_kwok_stages "$temporary"
  fi
  chmod 755 "$temporary"
  mv -T "$temporary" "$folder"
  trap - EXIT
  log "build.sh: built $tool in $((SECONDS - started)) s"
}

# One build at a time on the machine: Go uses every core for one. The lock is taken for each tool, so that a caller who
# wants one tool waits for at most one other.
ensure() {
  local tool=$1 folder=$2
  [[ -x $folder/$tool ]] && return
  (
    flock 9
    [[ -x $folder/$tool ]] || build "$tool" "$folder" 9>&-
  ) 9>"$cache/.lock"
}

# A folder of links, named by what it links to, so that it never changes under a reader.
link_folder() {
  local hash folder temporary path
  hash=$(printf '%s\n' "$@" | LC_ALL=C sort | sha256sum)
  folder=$cache/bin-${hash:0:16}
  if [[ ! -d $folder ]]; then
    temporary=$(mktemp -d "$cache/.linking-XXXXXX")
    for path in "$@"; do
      ln -sf "$path"/* "$temporary/"
    done
    chmod 755 "$temporary"
    # Another caller may have made the same folder meanwhile; either is good.
    mv -T "$temporary" "$folder" 2>/dev/null || rm -rf "$temporary"
  fi
  echo "$folder"
}

main() {
  local tool only_path="" tools=() folders=()
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --path) only_path=1 ;;
      -*) die "unknown flag $1 (see --help)" 2 ;;
      *) group_of "$1" >/dev/null || die "unknown tool $1 (see --help)" 2
        tools+=("$1") ;;
    esac
    shift
  done
  [[ -z $only_path || ${#tools[@]} -eq 1 ]] || die "--path takes exactly one tool" 2
  command -v go >/dev/null || die "Go is not installed: Go 1.26 or newer is needed"
  [[ $(module_version kubernetes k8s.io/kubernetes) == "$kubernetes_version" ]] ||
    die "kubernetes/go.mod does not require $kubernetes_version, which this script stamps into the programs"
  ((${#tools[@]})) || tools=("${all_tools[@]}")
  mkdir -p "$cache"
  for tool in "${tools[@]}"; do
    folders+=("$(folder_of "$tool")")
    ensure "$tool" "${folders[-1]}"
  done
  if [[ $only_path ]]; then
    echo "${folders[0]}/${tools[0]}"
  else
    link_folder "${folders[@]}"
  fi
}

main "$@"
