#!/usr/bin/env bash
# End-to-end tests: the product in a whole cluster of its own, installed as a user would, one namespace a case. Cases that
# keep out of each other's way run side by side; what disturbs the cluster, or measures at its limit, runs alone.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../hack/lib.sh
source "$here/../../hack/lib.sh"
# shellcheck source=../../hack/testlib/results.sh
source "$repository/hack/testlib/results.sh"
# shellcheck source=../../hack/testlib/process.sh
source "$repository/hack/testlib/process.sh"
# shellcheck source=../../hack/testlib/kube.sh
source "$repository/hack/testlib/kube.sh"

readonly cluster=e2e lanes=3
readonly groups=(together own-operator alone)
ledger="" details="" only=. keep="" planned=""

usage() {
  cat <<END
Usage: test/e2e/run.sh [--only PATTERN] [--keep] [--results FILE] [--details FILE]

Builds the programs, brings the cluster "$cluster" up, installs the chart and runs the cases. Needs root; without it every
case counts as skipped.

  --only PATTERN   the cases whose name matches this regular expression
  --keep           uses the cluster of an earlier --keep, and leaves it up
  --results FILE   appends the results: STATUS, COUNT, NAME, NOTE, separated by tabs
  --details FILE   appends what is to be said about failures

Cases: $(cases "${groups[@]}" | tr '\n' ' ')
END
}

# cases GROUP...
cases() {
  local group
  for group in "$@"; do
    sed -nE 's/^case_([a-z0-9_]+)\(\).*/\1/p' "$here/cases/$group"/*.sh
  done
}

# selected GROUP...
selected() { cases "$@" | awk -v only="$only" '$0 ~ only'; }

skip_all() {
  local name
  for name in $(selected "${groups[@]}"); do
    record skipped 1 "e2e: $name" "$1"
  done
}

# A case of this run that has no result, because its lane died or the run did not get so far, has failed.
account_for_cases() {
  [[ -n $planned ]] || return 0
  local names
  mapfile -t names < <(selected "${groups[@]}")
  account_for "${names[@]/#/e2e: }"
}

# set_up_step NAME SECONDS COMMAND...
set_up_step() {
  local name=$1 limit=$2
  shift 2
  log "$name"
  run_bounded "$limit" "$scratch/step.log" "$@" && return
  record failed 1 "e2e: $name"
  detail "e2e: $name" <"$scratch/step.log"
  return 1
}

# shellcheck disable=SC2016 # the inner shells expand them
set_up() {
  local fresh=(--fresh)
  [[ -z $keep ]] || fresh=()
  export CCACHE_BASEDIR=$repository CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=content
  set_up_step "configure the release build" 300 cmake --preset release -S "$repository" -B "$repository/build/release" -DDST_LOAD_TESTS=ON || return 1
  set_up_step "build the programs" 3000 ninja -C "$repository/build/release" dst-load-operator dst-load-controller dst_load_fault_proxy dst_load_stepped_clock || return 1
  set_up_step "build kubectl and Helm" 2400 bash -c '"$1" kubectl helm >"$2"' - "$repository/hack/tools/build.sh" "$scratch/bin" || return 1
  set_up_step "bring the cluster up" 3000 "$repository/hack/cluster.sh" up --name "$cluster" "${fresh[@]}" || return 1
  set_up_step "make the image" 300 bash -c '"$1" --name "$2" >"$3"' - "$repository/hack/image.sh" "$cluster" "$scratch/archive" || return 1
  # Without it kubectl and Helm would take the caller's own.
  kubeconfig=$("$repository/hack/cluster.sh" kubeconfig --name "$cluster") || return 1
  kubectl=("$(<"$scratch/bin")/kubectl" --kubeconfig "$kubeconfig")
  set_up_step "install the chart" 300 "$(<"$scratch/bin")/helm" --kubeconfig "$kubeconfig" upgrade --install dst-load \
    "$repository/charts/dst-load-operator" --namespace dst-load --create-namespace --wait --timeout 3m \
    --set image.repository=dst-load,image.tag=dev,image.pullPolicy=Never,reference.enabled=true \
    --set-string "podAnnotations.dst-load\.dev/image=$(basename "$(<"$scratch/archive")")" && return
  explain dst-load >"$scratch/explanation" 2>&1
  detail "e2e: why the chart did not install" <"$scratch/explanation"
  return 1
}

# run_case NAME: in a namespace of its own, which is gone afterwards.
run_case() {
  local name=$1 code=0 began=$SECONDS output=$scratch/$1.log namespace=e2e-${1//_/-}
  kube delete namespace "$namespace" --ignore-not-found --timeout=60s >/dev/null 2>&1 || true
  if ! kube create namespace "$namespace" >"$output" 2>&1; then
    record failed 1 "e2e: $name" "its namespace cannot be made"
    detail "e2e: $name" <"$output"
    return 0
  fi
  # What a case leaves behind must not hold the lock.
  run_bounded 600 "$output" "$here/case.sh" "$name" "$kubeconfig" "${kubectl[0]}" 7>&- || code=$?
  case $code in
    0) record passed 1 "e2e: $name" ;;
    77) record skipped 1 "e2e: $name" "$(tail -n 1 "$output")" ;;
    *)
      record failed 1 "e2e: $name" "$(grep -m 1 '^FAILED: ' "$output" || echo "exit code $code")"
      explain "$namespace" >>"$output" 2>&1 || true
      detail "e2e: $name" <"$output"
      ;;
  esac
  log "$name: $((SECONDS - began)) s"
  if ! "${kubectl[@]}" delete namespace "$namespace" --ignore-not-found --timeout=90s >/dev/null 2>&1; then
    record failed 1 "e2e: the namespace of $name does not go away"
  fi
}

# One of several that run at the same time.
run_in_lane() {
  trap 'stop_running; exit 143' INT TERM HUP
  run_case "$1"
}

# run_side_by_side NAME...
run_side_by_side() {
  local name
  for name in "$@"; do
    while (($(jobs -pr | wc -l) >= lanes)); do wait -n || true; done
    run_in_lane "$name" &
  done
  wait
}

# scale_operator REPLICAS: a case that has an operator of its own wants no other that looks into its namespace.
scale_operator() {
  kube scale deployment dst-load-operator --namespace dst-load --replicas="$1" >/dev/null &&
    kube rollout status deployment dst-load-operator --namespace dst-load --timeout=90s >/dev/null &&
    { (($1)) || kube wait pods --namespace dst-load --selector app.kubernetes.io/component=operator --for=delete --timeout=60s >/dev/null; } &&
    return
  record failed 1 "e2e: the operator is scaled to $1"
  return 1
}

# run_group GROUP
run_group() {
  local names name
  mapfile -t names < <(selected "$1")
  ((${#names[@]})) || return 0
  log "-- $1: ${#names[@]} cases"
  case $1 in
    together) run_side_by_side "${names[@]}" ;;
    own-operator)
      if scale_operator 0; then run_side_by_side "${names[@]}"; fi
      scale_operator 2 || true
      ;;
    alone)
      for name in "${names[@]}"; do
        run_case "$name"
      done
      ;;
  esac
}

clean_up() {
  local code=$?
  trap - EXIT
  stop_running
  local lane
  for lane in $(jobs -p); do kill -TERM "$lane" 2>/dev/null || true; done
  wait
  account_for_cases || true
  if [[ -z $keep && -n ${owns_cluster-} ]]; then
    "$repository/hack/cluster.sh" down --name "$cluster" >/dev/null 2>&1 || log "the cluster did not go away"
  fi
  rm -rf -- "$scratch"
  exit "$code"
}

main() {
  local group results="" explanations=""
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --only) need_value "$@" && only=$2 && shift ;;
      --keep) keep=1 ;;
      --results) need_value "$@" && results=$2 && shift ;;
      --details) need_value "$@" && explanations=$2 && shift ;;
      *) bad_usage "unknown argument $1" ;;
    esac
    shift
  done
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-e2e.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  ledger=${results:-$scratch/ledger}
  details=${explanations:-$scratch/details}
  touch "$ledger" "$details"
  if ((EUID)); then
    skip_all "needs root"
  elif [[ -z $(selected "${groups[@]}") ]]; then
    log "no case is called like $only"
  else
    mkdir -p "$dst_load_cache"
    exec 7>"$dst_load_cache/e2e.lock"
    flock --wait 2400 7 || die "another run of the end-to-end tests does not end"
    owns_cluster=1
    planned=1
    if set_up 7>&-; then
      for group in "${groups[@]}"; do
        run_group "$group"
      done
    fi
    account_for_cases
  fi
  [[ -z $results ]] || return 0
  summarize
}

main "$@"
