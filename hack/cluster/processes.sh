# shellcheck shell=bash
# Starting the cluster's programs, and ending all of them, however the last run of this script ended.

# start NAME COMMAND...: runs COMMAND in the cluster's network namespace, in the background, with a log and a pid file.
# The control plane gives way to Pods: on one small machine it would keep them from the processor just when they measure.
# nsenter and not `ip netns exec`, which mounts a new /sys, in which kubelet finds no cgroups.
start() {
  local name=$1
  shift
  mkdir -p "$state/logs" "$state/pids"
  local priority=(nice -n 5)
  case $name in containerd | kubelet) priority=() ;; esac # Pods inherit theirs
  setsid "${priority[@]}" nsenter --net="/run/netns/$netns" "$@" >>"$state/logs/$name.log" 2>&1 </dev/null 9>&- &
  local pid=$!
  echo $pid >"$state/pids/$name"
  # Until it is in its namespace it would be taken for a program that has ended.
  while [[ -e /proc/$pid ]] && ! is_ours $pid; do sleep 0.01; done
}

# Is PID a live process of this cluster? Its namespace says so: a pid alone may have been given to another since.
is_ours() {
  [[ -e /run/netns/$netns && /proc/$1/ns/net -ef /run/netns/$netns ]]
}

# Has every thread of PID ended? The first may be a zombie long before the last lets go of the ports and of the data. What
# nobody reaps stays a zombie.
has_ended() {
  ! grep --quiet --no-messages --invert-match ') [ZX] ' "/proc/$1/task/"*/stat
}

is_running() {
  [[ -s $state/pids/$1 ]] && is_ours "$(<"$state/pids/$1")"
}

# wait_for NAME SECONDS COMMAND...: until COMMAND succeeds. When program NAME has ended, or the time is over, dies with
# the last lines of NAME's log.
wait_for() {
  local name=$1 limit=$2 deadline=$((SECONDS + $2))
  shift 2
  while ((SECONDS < deadline)); do
    "$@" >/dev/null 2>&1 && return
    is_running "$name" || { log "$name has ended" && break; }
    sleep 0.1
  done
  tail -n 20 "$state/logs/$name.log" >&2 || true
  die "$name was not ready within $limit s; its log is $state/logs/$name.log"
}

# Every process of the cluster: those in its namespace (its programs, containerd's shims, Pods on the host network), and
# those in its cgroups (all other Pods). Neither needs a pid file, which a crash may have kept from being written.
cluster_pids() {
  {
    ip netns pids "$netns" 2>/dev/null || true
    find /sys/fs/cgroup -path "*/$netns/*" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  } | sort -u
}

kill_processes() {
  local limit=$((SECONDS + 30)) pids
  while pids=$(cluster_pids) && [[ -n $pids ]]; do
    ((SECONDS < limit)) || die "cannot end these processes of $netns: ${pids//$'\n'/ }"
    # The cluster is thrown away: nothing in it needs to end in order.
    # shellcheck disable=SC2086 # one word a pid
    kill -KILL $pids 2>/dev/null || true
    sleep 0.1
  done
}

# containerd's sandboxes and kubelet's volumes; the last mounted first.
unmount_all() {
  local mounts mount
  mounts=$(awk -v prefix="$state/" 'index($5, prefix) == 1 { print $5 }' /proc/self/mountinfo | tac)
  for mount in $mounts; do
    umount --lazy "$mount" 2>/dev/null || true
  done
}

remove_cgroups() {
  find /sys/fs/cgroup -depth -type d \( -name "$netns" -o -path "*/$netns/*" \) -exec rmdir {} + 2>/dev/null || true
}

# What lies outside $state, because containerd and kubelet know no setting for it.
remove_strays() {
  local address
  for address in "$state"/run/containerd/io.containerd.runtime.v2.task/k8s.io/*/address; do
    [[ -s $address ]] && rm -f "$(sed 's#^unix://##' "$address")"
  done
  find /var/log/containers -lname "$state/*" -delete 2>/dev/null || true
}

# Leaves nothing of the cluster, from whatever state it is in.
destroy() {
  load_index || true
  kill_processes
  unmount_all
  remove_cgroups
  remove_netns
  remove_strays
  rm -rf --one-file-system "$state"
}
