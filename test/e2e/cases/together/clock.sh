# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Somebody sets the clocks of the workers' hosts in the middle of a run.

# faked_clock ROLE: what makes the Pods of ROLE take $clocks/ROLE for their distance from this machine's wall clock.
faked_clock() {
  jq -cn --arg role "$1" --arg clocks "$clocks" --arg library "$(dpkg --listfiles libfaketime | grep '/libfaketimeMT.so.1$')" '{template: {
    env: [
      {name: "LD_PRELOAD", value: "/faketime.so"}, {name: "FAKETIME_TIMESTAMP_FILE", value: "/clocks/\($role)"},
      {name: "FAKETIME_NO_CACHE", value: "1"}, {name: "FAKETIME_DONT_FAKE_MONOTONIC", value: "1"}, {name: "FAKETIME_DISABLE_SHM", value: "1"}],
    volumes: [{name: "faketime", hostPath: {path: $library}}, {name: "clocks", hostPath: {path: $clocks}}],
    volumeMounts: [{name: "faketime", mountPath: "/faketime.so", readOnly: true}, {name: "clocks", mountPath: "/clocks", readOnly: true}]}}'
}

# set_clock ROLE SECONDS
set_clock() {
  echo "$2" >"$clocks/.$1"
  mv "$clocks/.$1" "$clocks/$1"
}

case_clocks_set() {
  clocks=$scratch/clocks
  mkdir "$clocks"
  chmod 755 "$scratch" "$clocks"
  set_clock churn +0
  set_clock client +0
  start "$(jq -cn --argjson churn "$(faked_clock churn)" --argjson client "$(faked_clock client)" '{churn: $churn, client: $client}')"
  wait_until_midway
  set_clock churn -3600
  set_clock client +30
  finish 300
  counts_add_up
  # That they were set was seen, by all three, and moved no figure.
  expect "Pods whose clock was set" 3 "$(report '.run.clockJumped | length')"
  expect_within "the slowest change by Kubernetes, us" 0 30000000 "$(report .legs.kubernetes.maxMicros)"
  expect_within "the slowest change by the destination, us" -1000000 10000000 "$(report .legs.destination.maxMicros)"
  expect_within "the fastest change by the destination, us" -1000000 10000000 "$(report .legs.destination.minMicros)"
}
