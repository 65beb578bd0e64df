# shellcheck shell=bash disable=SC2154,SC2034 # case.sh sets $kubectl, $namespace and $state; the cases use what is set here
# What the cases of this folder say and do the same way. A case fails by a command that fails, or by fail(); skip() skips it.

# Commands to run when the case ends, however it ends.
at_exit=()
run_at_exit() {
  local command
  for command in "${at_exit[@]}"; do eval "$command" || true; done
  rm -rf -- "$scratch"
}

fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

skip() {
  printf '%s\n' "$*"
  exit 77
}

# expect WHAT WANTED GOT
expect() {
  [[ $2 == "$3" ]] || fail "$1: wanted $2, got ${3:-nothing}"
  printf 'ok: %s is %s\n' "$1" "$3"
}

# expect_within WHAT LEAST MOST GOT
expect_within() {
  (($4 >= $2 && $4 <= $3)) || fail "$1: wanted $2 to $3, got $4"
  printf 'ok: %s is %s\n' "$1" "$4"
}

# loadtest [JSON]: the manifest of a short oscillation against the reference, with JSON merged into its spec. Small, so
# that cases which disturb it are quick: 4 services, 10 <-> 30 endpoints, 2 cycles, 2 Pods with 25 streams a service.
loadtest() {
  jq -n --arg namespace "$namespace" --argjson change "${1-"{}"}" '{
    apiVersion: "dst-load.dev/v1alpha1", kind: "LoadTest", metadata: {name: "run", namespace: $namespace},
    spec: ({
      destination: {address: "dst-load-reference.dst-load.svc.cluster.local:8086"},
      workload: {services: 4},
      churn: {pattern: "oscillate", minEndpoints: 10, maxEndpoints: 30, minHold: "8s", maxHold: "8s", jitter: "1s", cycles: 2, seed: 7},
      client: {replicas: 2, streamsPerService: 25},
      criteria: {destination: {p99: "10s"}, streamTimeoutPercent: "0"},
      convergenceDeadline: "30s", startupDeadline: "2m", deadline: "8m"
    } * $change)}'
}

# The pairs of a stream and a change that the small oscillation makes: services x streams x endpoints up and down x cycles.
readonly small_due=$((4 * 50 * 2 * 20 * 2)) small_streams=$((4 * 50))

# start [JSON]: applies it. An empty JSON, of a command that failed, is an error.
start() { loadtest "${1-"{}"}" | kube apply --filename -; }

# own_reference [HELM-FLAG...]: a reference destination of the case's own, $own_reference.
own_reference() {
  install_here --set replicas=0,reference.enabled=true "$@"
}
own_reference=dst-load-reference.$namespace.svc.cluster.local:8086

# Every update comes 4 s late, and the last hold takes 1 s: such a run drains for a few seconds.
late_reference=(--set "reference.enabled=true,reference.faults={delay},reference.faultDelay=4s")
late_run="{\"destination\": {\"address\": \"$own_reference\"}, \"churn\": {\"minHold\": \"1s\"}}"

get() { field "$namespace" run "$1"; }

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < limit)) || fail "$what did not happen in time; last: $(progress_line "$namespace" run)"
    sleep 0.3
  done
  printf 'ok: %s\n' "$what"
}

has() { [[ $(get "$1") == "$2" ]]; }

# condition_is TYPE REASON
condition_is() { has ".status.conditions[]? | select(.type == \"$1\") | .reason" "$2"; }

# in_step STEP CYCLES-DONE
in_step() { has .status.phase Running && has .status.churn.step "$1" && has '.status.churn.cycle // 0' "$2"; }

# In the middle of the run: the first cycle is done, the second holds its top.
wait_until_midway() {
  wait_for 150 "the second cycle holds its top" in_step HoldMax 1
}

# finish SECONDS: waits for the end and shows the way there.
finish() {
  watch_loadtest "$namespace" run "$1" || fail "not complete after $1 s"
  kube get loadtest run --namespace "$namespace" --output wide
  kube get loadtest run --namespace "$namespace" --output json | jq '.status | {phase, verdict, reason, message, cycles, churn, client, latency, violations, criteria}'
}

# passed CYCLES STREAMS
passed() {
  expect phase Succeeded "$(get .status.phase)"
  expect verdict Pass "$(get .status.verdict)"
  expect cycles "$1/$1" "$(get .status.cycles)"
  expect streams "$2" "$(get .status.client.streams)"
  expect missing 0 "$(get '.status.client.missing // 0 | tostring')"
  expect violations 0 "$(get '.status.violations.total // 0 | tostring')"
}

# Everything that was due was learned, once.
counts_add_up() {
  passed 2 "$small_streams"
  expect "updates due" "$small_due" "$(get .status.client.due)"
  expect updates "$small_due" "$(get .status.client.updates)"
  expect "samples of latency" "$small_due" "$(get .status.latency.endToEnd.count)"
}

# failed_because REASON...: ended as Failed, with one of these reasons in the status.
failed_because() {
  local reason
  expect phase Failed "$(get .status.phase)"
  reason=$(get .status.reason)
  [[ " $* " == *" $reason "* ]] || fail "reason: wanted one of $*, got ${reason:-nothing}"
  expect "condition Stalled" True "$(get '.status.conditions[] | select(.type == "Stalled") | .status')"
  [[ -n $(get .status.message) ]] || fail "the status has no message"
  printf 'ok: failed because of %s: %s\n' "$reason" "$(get .status.message)"
}

# report JQ: one value of the run's report.
report() {
  kube get configmap "$(get .status.report.configMap)" --namespace "$namespace" --output json | jq -r '.data["report.json"]' | jq -r "$1"
}

# kill_container NAMESPACE POD: kills the Pod's program with SIGKILL, as an out-of-memory kill would.
kill_container() {
  local id
  id=$(kube get pod "$2" --namespace "$1" --output json | jq -r '.status.containerStatuses[0].containerID | sub("^containerd://"; "")')
  printf 'killing %s of %s\n' "$id" "$2"
  ctr --address "$state/containerd.sock" --namespace k8s.io task kill --signal SIGKILL "$id"
}

# container_pid NAMESPACE POD: the process of the Pod's program, as this machine numbers it.
container_pid() {
  local id
  id=$(kube get pod "$2" --namespace "$1" --output json | jq -r '.status.containerStatuses[0].containerID | sub("^containerd://"; "")')
  ctr --address "$state/containerd.sock" --namespace k8s.io task ls | awk -v id="$id" '$1 == id { print $2 }'
}

# install_here [HELM-FLAG...]: the chart, in the case's namespace and for that alone.
install_here() {
  "$(dirname "${kubectl[0]}")/helm" --kubeconfig "$kubeconfig" upgrade --install dst-load "$repository/charts/dst-load-operator" \
    --namespace "$namespace" --wait --timeout 2m \
    --set "watchNamespace=$namespace,crds.install=false,image.pullPolicy=Never,replicas=1" "$@" >/dev/null
}

# The operator at work: run.sh's, unless the case has one of its own.
operator_namespace=dst-load

# The Pod that leads.
leader() {
  kube get leases --namespace "$operator_namespace" --output json |
    jq -r '[.items[] | select(.metadata.name | startswith("dst-load"))][0].spec.holderIdentity // ""' | sed 's/_.*//'
}
