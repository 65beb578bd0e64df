# shellcheck shell=bash disable=SC2154 # what case.sh, lib.sh and own-operator.sh set
# Trouble between the workers and the operator's coordinator.

# Long enough for the coordinator to give every session up. Streams and churn go on meanwhile, and what they counted
# arrives later.
case_coordinator_cut_off_for_20_s() {
  local pid rule=(INPUT -p tcp --dport 9092 -j DROP)
  own_operator
  start
  wait_until_midway
  pid=$(container_pid "$namespace" "$(leader)")
  at_exit+=("nsenter --net=/proc/$pid/ns/net iptables -D ${rule[*]} 2>/dev/null")
  nsenter --net="/proc/$pid/ns/net" iptables -I "${rule[@]}"
  sleep 20
  nsenter --net="/proc/$pid/ns/net" iptables -D "${rule[@]}"
  finish 300
  counts_add_up
}
