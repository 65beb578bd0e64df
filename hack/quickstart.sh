#!/usr/bin/env bash
# From a fresh clone to a verdict: builds everything, brings a local cluster up, installs the operator and runs a LoadTest.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
source "$here/testlib/process.sh"
source "$here/testlib/kube.sh"
trap 'explain_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR

readonly cluster=quickstart release_namespace=dst-load namespace=load loadtest=oscillate
readonly manifest=$repository/examples/oscillate-quick.yaml
context="" image="" kubeconfig=""

usage() {
  cat <<END
Usage: hack/quickstart.sh [--context NAME [--image IMAGE]]

Builds the programs and a whole local Kubernetes cluster, installs the operator with its chart, applies
examples/oscillate-quick.yaml in namespace $namespace and waits for the verdict. Exits 0 only when it is Pass. Needs root, Debian 12
and Go 1.26. The first run takes up to 25 minutes on two cores, the next ones about 3.

  --context NAME   an existing cluster of your kubeconfig instead of a local one. It needs KWOK, with a fake node that
                   has the label type=kwok and the taint kwok.x-k8s.io/node:NoSchedule
  --image IMAGE    the image that this cluster's nodes have or can pull (default dst-load:dev; nothing is built)

The cluster stays up: hack/cluster.sh down --name $cluster removes it.
END
}

# step NAME SECONDS COMMAND...: one part of the work, with its output in a file that is shown when it fails.
step() {
  local name=$1 limit=$2 began=$SECONDS code=0
  shift 2
  log "$name"
  run_bounded "$limit" "$scratch/step.log" "$@" || code=$?
  if ((code)); then
    tail -n 60 "$scratch/step.log" >&2
    die "$name failed with exit code $code after $((SECONDS - began)) s"
  fi
}

find_tools() {
  local bin
  # shellcheck disable=SC2016 # the inner shell expands them
  step "building kubectl and Helm (once)" 2400 bash -c '"$1" kubectl helm >"$2"' - "$here/tools/build.sh" "$scratch/bin"
  bin=$(<"$scratch/bin")
  kubectl=("$bin/kubectl") helm=("$bin/helm")
}

build_programs() {
  export CCACHE_BASEDIR=$repository CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=content
  step "configuring the build" 300 cmake --preset release -S "$repository" -B "$repository/build/release"
  step "building the operator and the workers" 2400 cmake --build "$repository/build/release" --target dst-load-operator dst-load-controller
}

local_cluster() {
  # shellcheck disable=SC2016
  step "building the cluster's programs (once) and bringing the cluster up" 3000 "$here/cluster.sh" up --name "$cluster"
  kubeconfig=$("$here/cluster.sh" kubeconfig --name "$cluster")
  kubectl+=(--kubeconfig "$kubeconfig")
  helm+=(--kubeconfig "$kubeconfig")
  # shellcheck disable=SC2016
  step "making the image" 300 bash -c '"$1" --name "$2" >"$3"' - "$here/image.sh" "$cluster" "$scratch/archive"
}

existing_cluster() {
  kubectl+=(--context "$context")
  helm+=(--kube-context "$context")
  kube get --raw /readyz >/dev/null || die "cannot reach the cluster of context $context"
  echo "$image" >"$scratch/archive"
}

install_operator() {
  local policy=IfNotPresent
  [[ -n $context ]] || policy=Never
  log "installing the operator"
  # The annotation is new when the image is, so that the Pods are.
  run_bounded 300 "$scratch/step.log" "${helm[@]}" upgrade --install dst-load "$repository/charts/dst-load-operator" \
    --namespace "$release_namespace" --create-namespace --wait --timeout 3m \
    --set "image.repository=${image%:*},image.tag=${image##*:},image.pullPolicy=$policy,reference.enabled=true" \
    --set-string "podAnnotations.dst-load\.dev/image=$(basename "$(<"$scratch/archive")")" || {
    tail -n 20 "$scratch/step.log" >&2
    fail_with_reasons "the operator did not become ready"
  }
}

run_loadtest() {
  log "running $loadtest in namespace $namespace"
  kube create namespace "$namespace" --dry-run=client --output yaml | kube apply --server-side --filename - >/dev/null
  "${kubectl[@]}" delete loadtest "$loadtest" --namespace "$namespace" --ignore-not-found --timeout=60s >/dev/null
  eventually 60 no_children || die "an earlier run's objects are still there"
  kube apply --namespace "$namespace" --filename "$manifest" >/dev/null
  if ! watch_loadtest "$namespace" "$loadtest" 900; then
    fail_with_reasons "the test did not complete"
  fi
  verdict=$(field "$namespace" "$loadtest" .status.verdict)
}

no_children() {
  [[ -z $(kube get pods,services,deployments --namespace "$namespace" --selector "dst-load.dev/test=$loadtest" --output name) ]]
}

fail_with_reasons() {
  explain "$namespace" >&2
  how_to_go_on >&2
  die "$1"
}

how_to_go_on() {
  printf '\nLook further:\n'
  if [[ -n $kubeconfig ]]; then
    printf '  export KUBECONFIG=%s\n' "$kubeconfig"
    printf '  alias kubectl=%s\n' "${kubectl[0]}"
  fi
  printf '  kubectl get loadtests --all-namespaces --output wide\n'
  printf '  kubectl describe loadtest %s --namespace %s\n' "$loadtest" "$namespace"
  printf '  kubectl logs --namespace %s deployment/dst-load-operator\n' "$release_namespace"
  printf "  kubectl get configmap --namespace %s --output json \"\$(kubectl get loadtest %s --namespace %s --output jsonpath='{.status.report.configMap}')\" |\n" "$namespace" "$loadtest" "$namespace"
  printf '    %s report - --format=html -o report.html\n' "$repository/build/release/workers/dst-load-controller"
  printf 'Run it again:\n  hack/quickstart.sh%s\n' "${context:+ --context $context}"
  printf 'Clean up:\n'
  if [[ -n $kubeconfig ]]; then
    printf '  hack/cluster.sh down --name %s\n' "$cluster"
  else
    printf '  kubectl delete namespace %s\n  helm uninstall dst-load --namespace %s\n' "$namespace" "$release_namespace"
  fi
}

clean_up() {
  local code=$?
  trap - EXIT ERR
  stop_running
  rm -rf -- "$scratch"
  exit "$code"
}

main() {
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --context) need_value "$@" && context=$2 && shift ;;
      --image) need_value "$@" && image=$2 && shift ;;
      *) bad_usage "unknown argument $1" ;;
    esac
    shift
  done
  [[ -z $image || -n $context ]] || bad_usage "--image needs --context"
  [[ -n $context ]] || need_root
  image=${image:-dst-load:dev}
  [[ ${image##*/} == *:* ]] || bad_usage "--image needs a tag"
  exec </dev/null
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-quickstart.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  if [[ -n $context ]]; then
    find_tools
    existing_cluster
  else
    step "installing packages" 1200 "$here/deps.sh"
    build_programs
    find_tools
    local_cluster
  fi
  install_operator
  run_loadtest
  how_to_go_on
  printf '\n'
  kube get loadtest "$loadtest" --namespace "$namespace"
  [[ $verdict == Pass ]] || die "the verdict is ${verdict:-missing}: $(field "$namespace" "$loadtest" .status.message)"
}

main "$@"
