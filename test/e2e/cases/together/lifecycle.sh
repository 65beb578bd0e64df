# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# A test is paused, goes on, and is run again: every run makes all its changes, and the one before is remembered.

is_suspended() { has .status.reason Suspended; }
is_resumed() { has .status.reason Running; }
is_run_again() { has .status.rerunToken again; }

case_suspended_and_run_again() {
  local changes first
  start
  wait_until_midway
  kube patch loadtest run --namespace "$namespace" --type merge --patch '{"spec": {"suspend": true}}'
  wait_for 30 "it is suspended" is_suspended
  # The running hold is over by then, and was all that still changed.
  sleep 12
  changes=$(get .status.churn.changes)
  sleep 10
  expect "changes while suspended" "$changes" "$(get .status.churn.changes)"
  expect phase Running "$(get .status.phase)"
  kube patch loadtest run --namespace "$namespace" --type merge --patch '{"spec": {"suspend": false}}'
  wait_for 30 "it goes on" is_resumed
  finish 300
  counts_add_up
  first=$(get .status.runID)

  kube annotate loadtest run --namespace "$namespace" dst-load.dev/rerun=again
  wait_for 120 "it runs again" is_run_again
  finish 300
  counts_add_up
  [[ $(get .status.runID) != "$first" ]] || fail "the second run has the first one's ID"
  expect "runs before" 1 "$(get '.status.history | length')"
  expect "the run before" "$first Pass" "$(get '.status.history[0] | "\(.runID) \(.verdict)"')"
  kube get configmap "$(get '.status.history[0].report')" --namespace "$namespace" --output name
}
