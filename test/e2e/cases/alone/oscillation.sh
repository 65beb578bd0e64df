# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# The quickstart's LoadTest: 10 services, 10 <-> 50 endpoints, 3 cycles, 1,000 streams of 2 client Pods.
# 100 streams learn of 10 services x 2 x 40 changes x 3 cycles.
readonly quick_due=$((100 * 10 * 2 * 40 * 3))

# quick EXAMPLE NAME
quick() {
  # Named as the other cases', and with time enough for a machine that is busy: every cycle is to reach its ends.
  sed -e "s/^  name: .*/  name: run/" -e "s/minHold: .*/minHold: 15s/" -e "s/maxHold: .*/maxHold: 25s/" "$repository/examples/$1" | kube apply --namespace "$namespace" --filename -
  finish 420
  passed 3 1000
  expect "changes of endpoints" $((quick_due / 100)) "$(get .status.churn.changes)"
  expect "updates due" "$quick_due" "$(get .status.client.due)"
  expect updates "$quick_due" "$(get .status.client.updates)"
  expect "samples of latency" "$quick_due" "$(get .status.latency.endToEnd.count)"
  expect "condition Ready" True "$(get '.status.conditions[] | select(.type == "Ready") | .status')"
  expect "condition Succeeded" True "$(get '.status.conditions[] | select(.type == "Succeeded") | .status')"
  # The report is exact where the status is for people.
  local report
  report=$(kube get configmap "$(get .status.report.configMap)" --namespace "$namespace" --output json | jq -r '.data["report.json"]')
  expect "updates in the report" "$quick_due" "$(jq -r .counts.updates <<<"$report")"
  expect "scale events that converged" 60 "$(jq -r .convergence.times.count <<<"$report")"
  expect "criteria in the report" "$(get '.status.criteria | length')" "$(jq -r '.criteria | length' <<<"$report")"
  expect "the destination's memory is known" true "$(jq '.destination.figures.memory_bytes.max > 1000000' <<<"$report")"
  expect "server-ended streams" 0 "$(get '.status.client.sendTimeouts // 0 | tostring')"
}

case_oscillation_on_reference() { quick oscillate-quick.yaml; }

case_oscillation_on_linkerd() {
  local code=0
  "$repository/test/e2e/linkerd/deploy.sh" "$kubeconfig" || code=$?
  ((code != 77)) || skip "Linkerd's controller is absent (LINKERD_CONTROLLER, ../shared/sut)"
  ((code == 0)) || fail "Linkerd was not deployed: exit code $code"
  quick linkerd-quick.yaml
}
