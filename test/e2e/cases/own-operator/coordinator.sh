# shellcheck shell=bash disable=SC2154 # what case.sh, lib.sh and own-operator.sh set
# Trouble between the workers and the operator's coordinator.

# sessions_of POD: how many its coordinator has accepted so far.
sessions_of() {
  kube get --raw "/api/v1/namespaces/$namespace/pods/$1:8443/proxy/metrics" | awk '$1 == "dst_load_coordinator_attached_total" { print $2 }'
}
has_more_sessions() { (($(sessions_of "$1") >= $2)); }

# The coordinator gives a session up within 20 s: after 10 s without a word it asks, and waits 10 s for an answer. Streams
# and churn go on meanwhile, and what they counted arrives later.
case_coordinator_cut_off_for_20_s() {
  local pid pod sessions rule=(INPUT -p tcp --dport 9092 -j DROP)
  own_operator
  start
  wait_until_midway
  pod=$(leader)
  pid=$(container_pid "$namespace" "$pod")
  sessions=$(sessions_of "$pod")
  expect_within "sessions of churn and two clients" 3 100 "$sessions"
  at_exit+=("nsenter --net=/proc/$pid/ns/net iptables -D ${rule[*]} 2>/dev/null")
  nsenter --net="/proc/$pid/ns/net" iptables -I "${rule[@]}"
  sleep 22
  nsenter --net="/proc/$pid/ns/net" iptables -D "${rule[@]}"
  wait_for 60 "every worker has attached again" has_more_sessions "$pod" $((sessions + 3))
  finish 300
  counts_add_up
}
