#!/usr/bin/env bash
# What a real API server says about the CRD, the examples and the chart. Needs no root and no cluster.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../../hack/lib.sh
source "$here/../../../hack/lib.sh"
# shellcheck source=../../../hack/testlib/results.sh
source "$repository/hack/testlib/results.sh"
# shellcheck source=../../../hack/testlib/process.sh
source "$repository/hack/testlib/process.sh"

ledger="" details="" processes=()

usage() {
  cat <<END
Usage: test/integration/manifests/run.sh [--results FILE] [--details FILE]

Starts etcd and kube-apiserver, applies the CRDs, and applies the examples and the rendered chart with
--dry-run=server. Takes the tools from DST_LOAD_TOOLS, or builds them.
END
}

# There is nothing to save, and without etcd an API server that is asked to end politely waits for minutes.
stop_api_server() {
  ((${#processes[@]})) || return 0
  kill -KILL "${processes[@]}" 2>/dev/null || true
  wait "${processes[@]}" 2>/dev/null || true
  processes=()
}

clean_up() {
  local code=$?
  trap - EXIT
  stop_api_server
  rm -rf -- "$scratch"
  exit "$code"
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

start_api_server() {
  local client peer secure
  client=http://127.0.0.1:$(free_port)
  peer=http://127.0.0.1:$(free_port)
  secure=$(free_port)
  "$bin/etcd" --data-dir "$scratch/etcd" --unsafe-no-fsync --log-level error --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" >"$scratch/etcd.log" 2>&1 &
  processes+=($!)
  openssl genrsa -out "$scratch/sa.key" 2048 2>/dev/null
  echo "admin-token,admin,admin,system:masters" >"$scratch/tokens.csv"
  "$bin/kube-apiserver" --etcd-servers "$client" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$secure" \
    --endpoint-reconciler-type none --cert-dir "$scratch/certs" --token-auth-file "$scratch/tokens.csv" --authorization-mode RBAC \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$scratch/sa.key" \
    --service-account-signing-key-file "$scratch/sa.key" --service-cluster-ip-range 10.0.0.0/24 \
    --disable-admission-plugins ServiceAccount >"$scratch/apiserver.log" 2>&1 &
  processes+=($!)
  kubectl=("$bin/kubectl" --kubeconfig /dev/null --server "https://127.0.0.1:$secure" --token admin-token
    --certificate-authority "$scratch/certs/apiserver.crt" --request-timeout 30s --cache-dir "$scratch/cache")
  eventually 60 "${kubectl[@]}" get namespace default
}

# try_api_server: a port that was free can be taken by somebody else in between.
try_api_server() {
  local turn
  for turn in 1 2 3; do
    if start_api_server; then return; fi
    log "the API server did not start, attempt $turn"
    stop_api_server
    rm -rf "$scratch/etcd" "$scratch/certs"
  done
  return 1
}

install_crd() {
  "${kubectl[@]}" apply --server-side --filename "$repository/crds/loadtest.yaml" --filename "$repository/crds/loadtestschedule.yaml" &&
    "${kubectl[@]}" wait --for=condition=Established --timeout=30s crd/loadtests.dst-load.dev crd/loadtestschedules.dst-load.dev &&
    "${kubectl[@]}" create namespace dst-load &&
    "${kubectl[@]}" create namespace load &&
    "${kubectl[@]}" label namespace dst-load load pod-security.kubernetes.io/{enforce,warn}=restricted &&
    eventually 30 "${kubectl[@]}" get loadtests,loadtestschedules --all-namespaces
}

# accepts FILE NAMESPACE: without a word of warning. Unknown fields are errors.
accepts() {
  local said
  if ! said=$("${kubectl[@]}" apply --dry-run=server --validate=strict --namespace "$2" --filename "$1" 2>&1); then
    printf '%s\n' "$said"
    return 1
  fi
  printf '%s\n' "$said"
  [[ $said != *Warning* ]]
}

# accepts_chart VALUES: as Helm renders it.
accepts_chart() {
  "$helm" template dst-load "$repository/charts/dst-load-operator" --namespace dst-load --set "$1" >"$scratch/chart.yaml" 2>"$scratch/helm.log" || {
    cat "$scratch/helm.log"
    return 1
  }
  # Applied by install_crd as somebody else's; what is new in it would conflict.
  "${kubectl[@]}" apply --dry-run=server --server-side --force-conflicts --validate=strict --filename "$scratch/chart.yaml" >"$scratch/applied.txt" 2>&1 || {
    cat "$scratch/applied.txt"
    return 1
  }
  ! grep Warning "$scratch/applied.txt"
}

main() {
  local results="" explanations="" example values
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --results) need_value "$@" && results=$2 && shift ;;
      --details) need_value "$@" && explanations=$2 && shift ;;
      *) bad_usage "unknown argument $1" ;;
    esac
    shift
  done
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-manifests.XXXXXX")
  trap clean_up EXIT
  trap 'exit 143' INT TERM HUP
  ledger=${results:-$scratch/ledger}
  details=${explanations:-$scratch/details}
  touch "$ledger" "$details"
  bin=${DST_LOAD_TOOLS:-$("$repository/hack/tools/build.sh" etcd kube-apiserver kubectl)}
  helm=$("$repository/hack/tools/build.sh" --path helm)
  if ! try_api_server; then
    record failed 1 "manifests: the API server does not start"
    tail -n 20 "$scratch/etcd.log" "$scratch/apiserver.log" | detail "manifests"
  else
    check "manifests: the CRD is accepted" install_crd
    for example in "$repository"/examples/*.yaml; do
      check "manifests: examples/${example##*/} is accepted" accepts "$example" load
    done
    for values in "" reference.enabled=true watchNamespace=load,reference.enabled=true replicas=1,podDisruptionBudget.enabled=true; do
      check "manifests: the chart with ${values:-its defaults} is accepted" accepts_chart "$values"
    done
  fi
  [[ -z $results ]] || return 0
  summarize
}

main "$@"
