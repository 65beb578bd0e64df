# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Somebody sets the clocks of the workers' hosts in the middle of a run.

# stepped_clock ROLE: what makes the Pods of ROLE take the milliseconds in $clocks/ROLE for what their host's wall clock is
# ahead of this machine's.
stepped_clock() {
  jq -cn --arg role "$1" --arg clocks "$clocks" --arg library "$repository/build/release/test/e2e/libdst_load_stepped_clock.so" '{template: {
    env: [{name: "LD_PRELOAD", value: "/stepped_clock.so"}, {name: "STEPPED_CLOCK_FILE", value: "/clocks/\($role)"}],
    volumes: [{name: "library", hostPath: {path: $library}}, {name: "clocks", hostPath: {path: $clocks}}],
    volumeMounts: [{name: "library", mountPath: "/stepped_clock.so", readOnly: true}, {name: "clocks", mountPath: "/clocks", readOnly: true}]}}'
}

# set_clock ROLE MILLISECONDS
set_clock() {
  echo "$2" >"$clocks/.$1"
  mv "$clocks/.$1" "$clocks/$1"
}

# clocks_set CHURN CLIENT: by so many milliseconds.
clocks_set() {
  local churn client change
  clocks=$scratch/clocks
  mkdir "$clocks"
  chmod 755 "$scratch" "$clocks"
  set_clock churn 0
  set_clock client 0
  churn=$(stepped_clock churn)
  client=$(stepped_clock client)
  change=$(jq -cn --argjson churn "$churn" --argjson client "$client" '{churn: $churn, client: $client}')
  start "$change"
  wait_until_midway
  set_clock churn "$1"
  set_clock client "$2"
  finish 300
  counts_add_up
  # That they were set was seen, by all three, and moved no figure.
  expect "Pods whose clock was set" 3 "$(report '.run.clockJumped | length')"
  expect_within "the slowest change by Kubernetes, us" 0 30000000 "$(report .legs.kubernetes.maxMicros)"
  expect_within "the slowest change by the destination, us" -1000000 10000000 "$(report .legs.destination.maxMicros)"
  expect_within "the fastest change by the destination, us" -1000000 10000000 "$(report .legs.destination.minMicros)"
}

case_clocks_set_forward() { clocks_set 3600000 30000; }
case_clocks_set_back() { clocks_set -20000 -40000; }
