# shellcheck shell=bash disable=SC2154 # what case.sh, lib.sh and own-operator.sh set
# Trouble between the API server and both who work with it all the time, operator and churn: the same counts and the same
# verdict as without.

# troubled LEAST FAULTS: a whole run through a proxy, which does something LEAST times or more. That the proxy is down
# before is not counted.
troubled() {
  local before
  start_proxy '{}'
  own_operator --set-json "env=$(through_proxy)"
  expect "faults before there are any" 0 "$(faults_injected)"
  # Watches that stand would not know of the faults.
  set_faults '{"down": true}'
  wait_for 10 "watches are broken" is_injected 4
  set_faults "$2"
  # The proxy looks at the file, and writes the count, ten times a second.
  sleep 0.5
  before=$(faults_injected)
  start "{\"churn\": {\"template\": {\"env\": $(through_proxy)}}}"
  wait_for 120 "churn is connected to the proxy" churn_takes_proxy
  finish 400
  counts_add_up
  expect_within "requests with a fault" "$1" 1000000 $(($(faults_injected) - before))
}
is_injected() { (($(faults_injected) >= $1)); }

# churn_takes_proxy: its Pod has a connection to the proxy's port, established (01).
churn_takes_proxy() {
  local pid
  pid=$(container_pid "$namespace" run-churn) && [[ -n $pid ]] &&
    awk -v port="$(printf ':%04X$' "$proxy_port")" '$3 ~ port && $4 == "01" { found = 1 } END { exit !found }' < <(cat "/proc/$pid"/net/tcp*)
}

case_api_is_500_ms_away() { troubled 50 '{"latencyMillis": 500}'; }
case_api_conflicts() { troubled 5 '{"statusConflicts": true}'; }
case_api_cuts_watches() { troubled 60 '{"watchLifetimeMillis": 2000}'; }
case_api_forgets_versions() { troubled 60 '{"watchLifetimeMillis": 2000, "forgetVersions": true}'; }

# In bursts, as a server that sheds load does.
case_api_throttles() {
  start_proxy '{}'
  own_operator --set-json "env=$(through_proxy)"
  set_faults '{"throttled": 10}'
  start "{\"churn\": {\"template\": {\"env\": $(through_proxy)}}}"
  wait_until_midway
  set_faults '{"throttled": 20}'
  finish 400
  counts_add_up
  expect "requests that were throttled" 30 "$(faults_injected)"
}
