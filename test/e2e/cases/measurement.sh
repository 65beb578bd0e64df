# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Numbers that can be trusted: a run says when it could not measure, delays show in the leg that they are of, a
# destination service that errs is found out, and the report has all of it.

# report JQ: one value of the run's report.
report() {
  kube get configmap "$(get .status.report.configMap)" --namespace "$namespace" --output json | jq -r '.data["report.json"]' | jq -r "$1"
}

# The client could not measure while it stood still, so nothing that was late then is the destination's fault.
case_client_stopped_for_three_seconds() {
  local pod pid
  start
  wait_until_midway
  pod=$(kube get pods --namespace "$namespace" --selector app=client-controller --output json | jq -r .items[0].metadata.name)
  pid=$(container_pid "$namespace" "$pod")
  # shellcheck disable=SC2064 # the pid of now
  trap "kill -CONT $pid 2>/dev/null || true" EXIT
  kill -STOP "$pid"
  sleep 3
  kill -CONT "$pid"
  finish 300
  expect verdict Inconclusive "$(get .status.verdict)"
  failed_because ClientSaturated
  [[ $(get .status.message) == *"$pod"* ]] || fail "the message does not name $pod"
  report '.run.saturated[]' | grep -q "^$pod: its event loop stood still" || fail "the report does not say that $pod stood still"
  expect missing 0 "$(get '.status.client.missing // 0 | tostring')"
  expect updates "$small_due" "$(get .status.client.updates)"
}

# The scheduler stands still when Pods are to start: Kubernetes is late, and the destination service is not.
case_pods_scheduled_late() {
  local scheduler
  scheduler=$(<"$state/pids/kube-scheduler")
  start
  wait_for 150 "the second cycle is near" in_step HoldMin 0
  # Whatever happens, the cluster gets its scheduler back.
  # shellcheck disable=SC2064 # the pid of now
  trap "kill -CONT $scheduler" EXIT
  kill -STOP "$scheduler"
  wait_until_midway
  sleep 4
  kill -CONT "$scheduler"
  finish 300
  passed 2 "$small_streams"
  expect_within "the slowest change by Kubernetes, us" 4000000 60000000 "$(report .legs.kubernetes.maxMicros)"
  expect_within "the slowest change by the destination, us" -1000000 2000000 "$(report .legs.destination.maxMicros)"
}

# A removal in ten is never sent. The run is given up as soon as that is certain, and says what was broken.
case_destination_that_loses_removals() {
  local violations
  kube get deployment dst-load-reference --namespace dst-load --output json | jq --arg namespace "$namespace" '
    .metadata = {name: "faulty", namespace: "dst-load", labels: {e2e: $namespace}}
    | .spec.selector.matchLabels = {e2e: $namespace} | .spec.template.metadata.labels = {e2e: $namespace}
    | .spec.template.spec.containers[0].args += ["--fault=drop-remove:10", "--fault-seed=3"] | del(.status)' | kube apply --filename -
  kube expose deployment faulty --namespace dst-load --port=8086 --target-port=8086 --labels "e2e=$namespace"
  start '{"destination": {"address": "faulty.dst-load.svc.cluster.local:8086"}, "churn": {"cycles": 20}, "convergenceDeadline": "5s", "abortOnBreach": true}'
  finish 300 || true
  kube delete deployment,service --namespace dst-load --selector "e2e=$namespace" --wait=false
  failed_because UpdatesMissing InvariantsViolated
  expect verdict Fail "$(get .status.verdict)"
  (($(get .status.churn.cycle) < 20)) || fail "it was not aborted"
  violations=$(get '[.status.violations | to_entries[] | select(.value > 0) | .key] | sort | join(" ")')
  [[ " $violations " == *" no_stale_endpoint "* ]] || fail "no_stale_endpoint was not found, but $violations"
  [[ $violations != *no_unknown* && $violations != *no_missing* && $violations != *known_removal* ]] || fail "what is not broken was found: $violations"
  expect_within "stale endpoints of 4,000 removals a cycle, a tenth of them" 200 4000 "$(get .status.violations.no_stale_endpoint)"
  [[ $(get '.status.offences[0]') == *test-service-*"stale since"* ]] || fail "the offence is not spelled out: $(get '.status.offences[0]')"
}
