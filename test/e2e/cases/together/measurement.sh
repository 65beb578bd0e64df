# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Numbers that can be trusted: a run says when it could not measure, delays show in the leg that they are of, a
# destination service that errs is found out, and the report has all of it.

# The client could not measure while it stood still, so nothing that was late then is the destination's fault.
case_client_stopped_for_three_seconds() {
  local pod pid
  start
  wait_until_midway
  pod=$(kube get pods --namespace "$namespace" --selector app=client-controller --output json | jq -r .items[0].metadata.name)
  pid=$(container_pid "$namespace" "$pod")
  at_exit+=("kill -CONT $pid")
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

# A removal in ten is never sent. The run is given up as soon as that is certain, and says what was broken.
case_destination_that_loses_removals() {
  local violations
  own_reference --set 'reference.faults={drop-remove:10}'
  start "{\"destination\": {\"address\": \"$own_reference\"}, \"churn\": {\"cycles\": 20}, \"convergenceDeadline\": \"5s\", \"abortOnBreach\": true}"
  finish 300 || true
  failed_because UpdatesMissing InvariantsViolated
  expect verdict Fail "$(get .status.verdict)"
  (($(get .status.churn.cycle) < 20)) || fail "it was not aborted"
  violations=$(get '[.status.violations | to_entries[] | select(.value > 0) | .key] | sort | join(" ")')
  [[ " $violations " == *" no_stale_endpoint "* ]] || fail "no_stale_endpoint was not found, but $violations"
  [[ $violations != *no_unknown* && $violations != *no_missing* && $violations != *known_removal* ]] || fail "what is not broken was found: $violations"
  expect_within "stale endpoints of 4,000 removals a cycle, a tenth of them" 200 4000 "$(get .status.violations.no_stale_endpoint)"
  [[ $(get '.status.offences[0]') == *test-service-*"stale since"* ]] || fail "the offence is not spelled out: $(get '.status.offences[0]')"
}
