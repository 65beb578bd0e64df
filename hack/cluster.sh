#!/usr/bin/env bash
# Real Kubernetes clusters on one Linux machine, side by side, with no registry and no internet.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
source "$here/image-lib.sh"
source "$here/cluster/state.sh"
source "$here/cluster/netns.sh"
source "$here/cluster/processes.sh"
source "$here/cluster/certs.sh"
source "$here/cluster/control-plane.sh"
source "$here/cluster/node.sh"
source "$here/cluster/kwok.sh"
source "$here/cluster/dns.sh"

trap 'explain_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR

readonly pause_image=pause:dst-load
readonly control_plane=(etcd kube-apiserver kube-controller-manager kube-scheduler kwok)
readonly node_programs=(containerd kubelet kube-proxy)

usage() {
  cat <<EOF
Usage: hack/cluster.sh COMMAND [--name NAME] [FLAGS]

Commands:
  up           brings the cluster up and prints the path of its kubeconfig; does nothing when it is up already
                 --nodes N            fake nodes of KWOK (default 2, at most $max_fake_nodes)
                 --without-kubelet    only the control plane and KWOK: no real Pods, no DNS
                 --fresh              replaces a cluster that is up
  down         leaves nothing of it, in whatever state it is
  status       shows its programs and nodes; exits 1 unless all is well
  kubeconfig   prints the path of the administrator's kubeconfig
  restart PROGRAM
               kills etcd, kube-apiserver, kube-controller-manager or kube-scheduler, starts it again and waits until the
               API server is ready
  exec -- COMMAND...
               runs COMMAND in the cluster's network, with KUBECONFIG set and kubectl in the PATH

Flags:
  --name NAME  the cluster (default a); several run side by side, and reach each other's Pods and API servers

Environment:
  DST_LOAD_STATE   where clusters keep their state (default /var/lib/dst-load)
  DST_LOAD_CACHE   where built tools and images are kept (default ~/.cache/dst-load)

Runs etcd, kube-apiserver, kube-controller-manager, kube-scheduler and KWOK, and on a real node containerd, kubelet,
kube-proxy and CoreDNS, in a network namespace of the cluster's own. Needs root, and the packages of hack/deps.sh.
EOF
}

components() {
  printf '%s\n' "${control_plane[@]}"
  if [[ ! -e $state/without-kubelet ]]; then
    printf '%s\n' "${node_programs[@]}"
  fi
}

# Did `up` finish, and does everything still run?
is_healthy() {
  local component
  [[ -e $state/up ]] && load_index || return 1
  for component in $(components); do
    is_running "$component" || return 1
  done
  kube get --raw /readyz >/dev/null 2>&1
}

check_packages() {
  local program
  for program in ip iptables conntrack openssl jq containerd ctr runc nsenter; do
    command -v "$program" >/dev/null || die "$program is not installed: run hack/deps.sh"
  done
}

build_tools() {
  local wanted=("${control_plane[@]}" kubectl)
  [[ $without_kubelet ]] || wanted+=(kubelet kube-proxy coredns pause)
  bin=$(tools "${wanted[@]}")
}

up() {
  check_packages
  build_tools
  if [[ ! $fresh ]] && is_healthy; then
    [[ $(<"$state/up") == ${nodes:-*}" fake nodes"* && ($without_kubelet || ! -e $state/without-kubelet) ]] ||
      die "cluster $cluster is up with $(<"$state/up"); --fresh replaces it"
    log "cluster $cluster is up already"
    echo "$kubeconfig"
    return
  fi
  nodes=${nodes:-2}
  destroy
  ulimit -n "$(ulimit -Hn)"
  lock_addresses
  allocate_index
  [[ $without_kubelet ]] && touch "$state/without-kubelet"
  make_netns
  unlock_addresses
  make_certificates
  start_control_plane
  start_kwok
  make_fake_nodes "$nodes"
  if [[ ! $without_kubelet ]]; then
    start_node
    start_dns
  fi
  echo "$nodes fake nodes${without_kubelet:+, without kubelet}" >"$state/up"
  log "cluster $cluster is up"
  echo "$kubeconfig"
}

down() {
  destroy
  log "nothing is left of cluster $cluster"
}

status() {
  local component verdict=0
  if [[ ! -e $state ]]; then
    echo "cluster $cluster: none"
    exit 1
  fi
  bin=$(tools kubectl)
  load_index || true
  echo "cluster $cluster: $(cat "$state/up" 2>/dev/null || echo "not up"), ${api_server:-no address}"
  for component in $(components); do
    if is_running "$component"; then
      printf '  %-25s running, pid %s\n' "$component" "$(<"$state/pids/$component")"
    else
      printf '  %-25s not running, log %s\n' "$component" "$state/logs/$component.log"
      verdict=1
    fi
  done
  is_healthy || verdict=1
  kube get nodes 2>&1 || verdict=1
  exit $verdict
}

restart() {
  local program=$1 pid limit=$((SECONDS + 30))
  is_healthy || die "cluster $cluster is not up, or not well: hack/cluster.sh status --name $cluster"
  pid=$(<"$state/pids/$program")
  kill -KILL "$pid"
  until has_ended "$pid"; do
    ((SECONDS < limit)) || die "$program, pid $pid, does not end"
    sleep 0.05
  done
  pki=$state/pki
  case $program in
    etcd) start_etcd ;;
    kube-apiserver) start_api_server ;;
    kube-controller-manager) start_controller_manager ;;
    kube-scheduler) start_scheduler ;;
  esac
  # The API server may still say what it last knew of etcd.
  [[ $program != etcd ]] || wait_for etcd 60 nsenter --net="/run/netns/$netns" curl --fail --silent http://127.0.0.1:2379/health
  wait_for "$program" 60 kube get --raw /readyz
  log "$program was restarted"
}

run_inside() {
  bin=$(tools kubectl)
  KUBECONFIG=$kubeconfig PATH=$bin:$PATH exec nsenter --net="/run/netns/$netns" "$@"
}

# One `up` or `down` of a cluster at a time; the kernel drops the lock with us, however we end. Programs that outlive us
# must not inherit the descriptor.
lock_cluster() {
  mkdir -p "$state_root"
  exec 9>"$state_root/.$cluster.lock"
  flock --nonblock 9 && return
  log "waiting for another up or down of cluster $cluster"
  flock 9
}

# Addresses and routes concern all clusters.
lock_addresses() {
  exec 8>"$state_root/.addresses.lock"
  flock 8
}

unlock_addresses() { exec 8>&-; }

main() {
  local command="" name=a nodes="" without_kubelet="" fresh="" program="" inside=()
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --name) need_value "$@" && name=$2 && shift ;;
      --nodes) need_value "$@" && nodes=$2 && shift ;;
      --without-kubelet) without_kubelet=1 ;;
      --fresh) fresh=1 ;;
      --) shift && inside=("$@") && break ;;
      -*) bad_usage "unknown flag $1" ;;
      *)
        if [[ $command == restart && -z $program ]]; then
          program=$1
        else
          [[ -z $command ]] || bad_usage "unexpected argument $1"
          command=$1
        fi
        ;;
    esac
    shift
  done
  [[ -z $nodes ]] || [[ $nodes =~ ^(0|[1-9][0-9]{0,2})$ && $nodes -le $max_fake_nodes ]] || bad_usage "--nodes takes 0 to $max_fake_nodes, not $nodes"
  use_cluster "$name"
  case $command in
    up | down | status | kubeconfig | exec) ;;
    restart)
      [[ $program =~ ^(etcd|kube-(apiserver|controller-manager|scheduler))$ ]] ||
        bad_usage "restart takes etcd, kube-apiserver, kube-controller-manager or kube-scheduler, not ${program:-nothing}" ;;
    "") bad_usage "a command is needed" ;;
    *) bad_usage "unknown command $command" ;;
  esac
  if [[ $command == kubeconfig ]]; then
    [[ -s $kubeconfig ]] || die "there is no cluster $cluster"
    echo "$kubeconfig"
    exit
  fi
  need_root
  case $command in
    up | down)
      lock_cluster
      "$command" ;;
    status) status ;;
    restart)
      lock_cluster
      bin=$(tools "$program" kubectl)
      restart "$program" ;;
    exec)
      ((${#inside[@]})) || bad_usage "exec needs -- and a command"
      run_inside "${inside[@]}" ;;
  esac
}

main "$@"
