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

# a_client: the Pod of one.
a_client() {
  kube get pods --namespace "$namespace" --selector app=client-controller --output json | jq -r .items[0].metadata.name
}

# some_updates_given_up: what was due on the streams that went nobody owed any more. The other Pod saw all.
some_updates_given_up() {
  local due updates abandoned
  passed 2 "$small_streams"
  due=$(get .status.client.due)
  updates=$(get .status.client.updates)
  abandoned=$(get '.status.client.abandoned // 0')
  expect_within "updates due" $((small_due / 2)) "$small_due" "$due"
  expect "updates and what was given up" "$due" $((updates + abandoned))
  expect "samples of latency" "$updates" "$(get .status.latency.endToEnd.count)"
}

# Its process may still say that it goes, or not: either way others take the place of its streams.
case_client_pod_killed() {
  start '{"client": {"maxLostPercent": "50"}}'
  wait_until_midway
  kube delete pod "$(a_client)" --namespace "$namespace" --grace-period=0 --force
  finish 300
  some_updates_given_up
}

# Killed without a word: lost, and its container starts again in the same Pod.
case_client_program_killed() {
  start '{"client": {"maxLostPercent": "50"}}'
  wait_until_midway
  kill_container "$namespace" "$(a_client)"
  finish 300
  some_updates_given_up
  expect "clients lost" 1 "$(get .status.client.lost)"
}

# By default one of two is too many. It is told long before the run would have been over.
case_client_lost() {
  local victim
  start
  wait_until_midway
  victim=$(a_client)
  kill_container "$namespace" "$victim"
  wait_for 20 "it is said that clients are lost" has .status.reason ClientsLost
  finish 120
  failed_because ClientsLost
  expect verdict Inconclusive "$(get .status.verdict)"
  expect "clients lost" 1 "$(get .status.client.lost)"
  [[ $(get .status.message) == *"$victim"* ]] || fail "the message does not name $victim"
}

# Told to go, as by a drain: it hands over its figures, and nothing is lost.
case_client_pod_deleted() {
  start
  wait_until_midway
  kube delete pod "$(a_client)" --namespace "$namespace" --wait=false
  finish 300
  some_updates_given_up
  expect "clients retired" 1 "$(get .status.client.retired)"
  expect "clients lost" 0 "$(get '.status.client.lost // 0 | tostring')"
}

# What is left of a test in its namespace, beside what the chart made there.
leftovers() {
  local found
  found=$(kube get pods,deployments,replicasets,services,endpointslices,secrets,configmaps,serviceaccounts,roles,rolebindings \
    --namespace "$namespace" --selector 'app.kubernetes.io/component notin (operator, reference),owner!=helm' --output name) || return 1
  grep -vE '^(configmap/kube-root-ca.crt|serviceaccount/default)$' <<<"$found" || true
}

is_empty() {
  local left
  left=$(leftovers) && [[ -z $left ]]
}

case_deleted_midway() {
  at_exit+=("is_empty || leftovers")
  start
  wait_until_midway
  [[ -n $(leftovers) ]] || fail "there is nothing to delete"
  kube delete loadtest run --namespace "$namespace" --timeout=60s
  wait_for 90 "nothing is left" is_empty
}

# deleted_when PHASE JSON: the test is in it, and then gone, with all that it had. PHASE "" is before any.
deleted_when() {
  start "$2"
  [[ -z $1 ]] || in_phase "$1"
  kube delete loadtest run --namespace "$namespace" --timeout=60s
  wait_for 90 "nothing is left of a test that was ${1:-just made}" is_empty
}

case_deleted_in_every_phase() {
  local short phase
  at_exit+=("is_empty || leftovers")
  own_reference "${late_reference[@]}"
  short=$(jq -c '.churn += {maxHold: "2s", cycles: 1}' <<<"$late_run")
  for phase in "" Starting Draining Succeeded; do deleted_when "$phase" "$short"; done
  deleted_when Pending '{"suspend": true}'
  deleted_when Failed '{"destination": {"address": "nobody.nowhere.svc.cluster.local:8086"}, "startupDeadline": "1s"}'
  deleted_when Stopped '{"stop": true}'
}

operator_starts() { kube get pods --namespace dst-load --selector app.kubernetes.io/component=operator --output json | jq '[.items[].status.containerStatuses[].restartCount] | add'; }

# Nothing of the test may keep its namespace from going, and the operator does not mind: it runs the next one there.
case_namespace_deleted() {
  local before
  before=$(operator_starts)
  start
  wait_until_midway
  "${kubectl[@]}" delete namespace "$namespace" --timeout=120s
  kube create namespace "$namespace"
  start
  wait_for 60 "a new test of that name runs" has .status.phase Running
  expect "restarts of the operator" "$before" "$(operator_starts)"
  kube delete loadtest run --namespace "$namespace" --timeout=60s
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
