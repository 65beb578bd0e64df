# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# Something happens to the cluster itself.

# Churn sees that its Pods are not scheduled, and that is what the test fails for.
case_no_node_for_fake_pods() {
  at_exit+=("kube uncordon --selector type=kwok")
  kube cordon --selector type=kwok
  start '{"startupDeadline": "25s"}'
  finish 60
  failed_because PodsUnschedulable
}

# The scheduler stands still when Pods are to start: Kubernetes is late, and the destination service is not.
case_pods_scheduled_late() {
  local scheduler
  scheduler=$(<"$state/pids/kube-scheduler")
  start
  wait_for 150 "the second cycle is near" in_step HoldMin 0
  # Whatever happens, the cluster gets its scheduler back.
  at_exit+=("kill -CONT $scheduler")
  kill -STOP "$scheduler"
  wait_until_midway
  sleep 4
  kill -CONT "$scheduler"
  finish 300
  passed 2 "$small_streams"
  expect_within "the slowest change by Kubernetes, us" 4000000 60000000 "$(report .legs.kubernetes.maxMicros)"
  expect_within "the slowest change by the destination, us" -1000000 2000000 "$(report .legs.destination.maxMicros)"
}

# restarted PROGRAM: in the middle of a run, by SIGKILL.
restarted() {
  start
  wait_until_midway
  "$repository/hack/cluster.sh" restart --name "$cluster" "$1"
  finish 300
  counts_add_up
}

case_api_server_restarted() { restarted kube-apiserver; }
case_etcd_restarted() { restarted etcd; }
