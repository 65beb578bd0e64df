# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Something is killed in the middle of a run, and no count is lost or doubled.

case_churn_program_killed() {
  start
  wait_until_midway
  kill_container "$namespace" run-churn
  finish 300
  counts_add_up
}

case_churn_pod_deleted() {
  start
  wait_until_midway
  kube delete pod run-churn --namespace "$namespace" --grace-period=0 --force
  finish 300
  counts_add_up
}

# Its streams are gone and others take their place: what was due on them in between nobody owed. The other Pod saw all.
case_client_pod_killed() {
  local victim due
  start
  wait_until_midway
  victim=$(kube get pods --namespace "$namespace" --selector app=client-controller --output json | jq -r .items[0].metadata.name)
  kube delete pod "$victim" --namespace "$namespace" --grace-period=0 --force
  finish 300
  passed 2 "$small_streams"
  due=$(get .status.client.due)
  expect_within "updates due" $((small_due / 2)) "$small_due" "$due"
  expect updates "$due" "$(get .status.client.updates)"
  expect "samples of latency" "$due" "$(get .status.latency.endToEnd.count)"
}

# What is left of a test in its namespace, beside what the chart made there.
leftovers() {
  kube get pods,deployments,replicasets,services,endpointslices,secrets,configmaps,serviceaccounts,roles,rolebindings \
    --namespace "$namespace" --selector 'app.kubernetes.io/component notin (operator, reference),owner!=helm' --output name | grep -vE '^(configmap/kube-root-ca.crt|serviceaccount/default)$'
}

is_empty() { [[ -z $(leftovers) ]]; }

case_deleted_midway() {
  start
  wait_until_midway
  [[ -n $(leftovers) ]] || fail "there is nothing to delete"
  kube delete loadtest run --namespace "$namespace" --timeout=60s
  wait_for 90 "nothing is left" is_empty || { leftovers; return 1; }
}

# deleted_when PHASE: the test is in it, and then gone, with all that it had.
deleted_when() {
  start "$(jq -c '.churn += {maxHold: "2s", cycles: 1}' <<<"$late_run")"
  [[ -z $1 ]] || kube wait loadtest/run --namespace "$namespace" --for="jsonpath={.status.phase}=$1" --timeout=120s --request-timeout=130s
  kube delete loadtest run --namespace "$namespace" --timeout=60s
  wait_for 90 "nothing is left of a test that was ${1:-just made}" is_empty || { leftovers; return 1; }
}

case_deleted_in_every_phase() {
  local phase
  own_reference "${late_reference[@]}"
  for phase in "" Starting Draining Succeeded; do deleted_when "$phase"; done
}

operator_starts() { kube get pods --namespace dst-load --selector app.kubernetes.io/component=operator --output json | jq '[.items[].status.containerStatuses[].restartCount] | add'; }

# Nothing of the test may keep its namespace from going, and the operator does not mind.
case_namespace_deleted() {
  local before
  before=$(operator_starts)
  start
  wait_until_midway
  "${kubectl[@]}" delete namespace "$namespace" --timeout=120s
  expect "restarts of the operator" "$before" "$(operator_starts)"
  expect "LoadTests of the namespace in the operator's view" "" "$(kube get loadtests --namespace "$namespace" --output name)"
}

# Every stream breaks and finds the truth again from the next Pod.
case_destination_pod_killed() {
  local pod
  own_reference
  start "{\"destination\": {\"address\": \"$own_reference\"}}"
  wait_until_midway
  pod=$(kube get pods --namespace "$namespace" --selector app.kubernetes.io/component=reference --output json | jq -r .items[0].metadata.name)
  kill_container "$namespace" "$pod"
  kube delete pod "$pod" --namespace "$namespace" --grace-period=0 --force
  finish 300
  counts_add_up
  expect_within "streams that broke" "$small_streams" $((20 * small_streams)) "$(get .status.client.errors)"
}
