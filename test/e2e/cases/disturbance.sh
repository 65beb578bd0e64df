# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Something is killed in the middle of a run, and no count is lost or doubled.

# Everything that was due was learned, once.
counts_add_up() {
  passed 2 "$small_streams"
  expect "updates due" "$small_due" "$(get .status.client.due)"
  expect updates "$small_due" "$(get .status.client.updates)"
  expect "samples of latency" "$small_due" "$(get .status.latency.endToEnd.count)"
}

# Its container starts again in the same Pod, and finds everything again.
case_leading_operator_killed() {
  start
  wait_until_midway
  kill_container dst-load "$(leader)"
  finish 300
  counts_add_up
}

# Another Pod takes over from the checkpoint.
case_leading_operator_deleted() {
  local before after
  start
  wait_until_midway
  before=$(leader)
  kube delete pod "$before" --namespace dst-load --wait=false
  finish 300
  counts_add_up
  after=$(leader)
  [[ -n $after && $after != "$before" ]] || fail "wanted another leader than $before, got ${after:-nobody}"
  kube rollout status deployment/dst-load-operator --namespace dst-load --timeout=60s
}

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

# What is left of a test in its namespace.
leftovers() {
  kube get pods,deployments,replicasets,services,endpointslices,secrets,configmaps,serviceaccounts,roles,rolebindings \
    --namespace "$namespace" --output name | grep -vE '^(configmap/kube-root-ca.crt|serviceaccount/default)$'
}

is_empty() { [[ -z $(leftovers) ]]; }

case_deleted_midway() {
  start
  wait_until_midway
  [[ -n $(leftovers) ]] || fail "there is nothing to delete"
  kube delete loadtest run --namespace "$namespace" --timeout=60s
  wait_for 90 "nothing is left" is_empty || { leftovers; return 1; }
}
