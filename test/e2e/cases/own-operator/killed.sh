# shellcheck shell=bash disable=SC2154 # what case.sh, lib.sh and own-operator.sh set
# The operator dies at every step of a test's life, and finds everything again.

# killed_in PHASE: as soon as the test is in it. Updates come so late that it drains for a while.
killed_in() {
  own_operator "${late_reference[@]}"
  start "$late_run"
  in_phase "$1"
  leader_killed
  finish 300
  counts_add_up
  wait_for 60 "its workers are gone" workers_are_gone
  expect "runs" 1 "$(kube get configmaps --namespace "$namespace" --output name | grep -c -- -report)"
}

case_operator_killed_before_it_starts() {
  own_operator
  start '{"suspend": true}'
  in_phase Pending
  leader_killed
  kube patch loadtest run --namespace "$namespace" --type merge --patch '{"spec": {"suspend": false}}'
  finish 300
  counts_add_up
}

case_operator_killed_while_starting() { killed_in Starting; }

case_operator_killed_while_running() {
  own_operator
  start
  wait_until_midway
  leader_killed
  finish 300
  counts_add_up
}

case_operator_killed_while_draining() { killed_in Draining; }
case_operator_killed_at_the_end() { killed_in Succeeded; }

# The other of two takes over from the checkpoint: at once when the leader gives its Lease back, else when that expires.
failed_over() {
  local before after
  own_operator --set replicas=2
  start
  wait_until_midway
  before=$(leader)
  "$@"
  finish 300
  counts_add_up
  after=$(leader)
  [[ -n $after && $after != "$before" ]] || fail "wanted another leader than $before, got ${after:-nobody}"
}

case_operator_gone() { failed_over leader_gone; }
case_operator_deleted() { failed_over leader_deleted; }
leader_deleted() { kube delete pod "$(leader)" --namespace "$namespace" --wait=false; }
