# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Bad input and missing things: a rejected apply, or a reason in the status within the startup deadline; never a hang.

# refused WORDS JSON: applying it fails, with WORDS in the message.
refused() {
  local message
  if message=$(loadtest "$2" | kube apply --filename - 2>&1); then fail "accepted $2"; fi
  [[ $message == *"$1"* ]] || fail "the message about $2 does not say $1: $message"
  printf 'ok: refused %s: %s\n' "$2" "${message##*: }"
}

case_bad_input() {
  refused 'unknown field "spec.bogus"' '{"bogus": 1}'
  refused 'unknown field "spec.churn.minEndpoint"' '{"churn": {"minEndpoint": 1}}'
  refused spec.client.replicas '{"client": {"replicas": -1}}'
  refused spec.churn.minEndpoints '{"churn": {"minEndpoints": -5}}'
  refused spec.churn.minEndpoints '{"churn": {"minEndpoints": 60, "maxEndpoints": 50}}'
  refused spec.churn.jitter '{"churn": {"jitter": "5 parsecs"}}'
  refused spec.churn.maxHold '{"churn": {"maxHold": "-5s"}}'
  refused spec.churn.pattern '{"churn": {"pattern": "zigzag"}}'
  refused spec.workload.services '{"workload": {"services": "ten"}}'
  refused spec.destination.address '{"destination": {"address": "nowhere"}}'
  refused spec.criteria '{"criteria": {"streamTimeoutPercent": "101"}}'
  expect "LoadTests that got in" 0 "$(kube get loadtests --namespace "$namespace" --output json | jq '.items | length')"
}

case_spec_is_immutable_once_started() {
  local message
  start
  wait_for 60 "it has started" has_started
  if message=$(loadtest '{"churn": {"cycles": 9}}' | kube apply --filename - 2>&1); then fail "cycles changed in mid-run"; fi
  [[ $message == *spec.churn* ]] || fail "the message does not say spec.churn: $message"
}
has_started() { [[ $(get .status.phase) =~ ^(Starting|Running)$ ]]; }

# ends_in SECONDS: the run is over after so long, and no sooner is anything assumed.
ends_in() { finish "$1"; }

case_unreachable_destination() {
  start '{"destination": {"address": "nobody.nowhere.svc.cluster.local:8086"}, "startupDeadline": "90s"}'
  wait_for 85 "it is said that the destination cannot be reached" condition_is ClientsReady DestinationUnreachable
  ends_in 120
  failed_because DestinationUnreachable
}

# One Pod has room. Whichever it is, of the others it is said at once what they lack.
case_quota_leaves_no_room_for_clients() {
  kube create quota tight --hard=pods=1 --namespace "$namespace"
  wait_for 30 "the quota is in force" quota_in_force
  start '{"startupDeadline": "25s"}'
  wait_for 15 "it is said that the quota is exceeded" quota_is_told
  ends_in 60
  failed_because QuotaExceeded
}
quota_in_force() { [[ $(kube get quota tight --namespace "$namespace" --output jsonpath='{.status.hard.pods}') == 1 ]]; }
quota_is_told() { condition_is ClientsReady QuotaExceeded || condition_is ChurnReady QuotaExceeded; }

case_stopped_by_hand() {
  start '{"churn": {"cycles": 500}}'
  wait_for 150 "the first cycle holds its top" in_step HoldMax 0
  kube patch loadtest run --namespace "$namespace" --type merge --patch '{"spec": {"stop": true}}'
  finish 120
  expect phase Stopped "$(get .status.phase)"
  expect "condition Ready" True "$(get '.status.conditions[] | select(.type == "Ready") | .status')"
  expect missing 0 "$(get '.status.client.missing // 0 | tostring')"
  expect updates "$(get .status.client.due)" "$(get .status.client.updates)"
}
