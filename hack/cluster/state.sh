# shellcheck shell=bash
# A cluster's name, folder and addresses. Everything a cluster owns is under $state, in the namespace $netns, in cgroups
# named $netns, or on the host's end of its veth pair, also named $netns; that is what makes a clean-up complete.
# shellcheck disable=SC2034 # the other files of this folder use what is set here

state_root=${DST_LOAD_STATE:-/var/lib/dst-load}

readonly service_cidr=10.96.0.0/16 # the same in each cluster: it never leaves its namespace
readonly api_service_ip=10.96.0.1
readonly dns_service_ip=10.96.0.10
readonly max_index=99

use_cluster() {
  [[ $1 =~ ^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$ ]] ||
    bad_usage "a cluster's name is 1 to 10 lower case letters, digits and dashes, and $1 is not"
  cluster=$1
  netns=dst-$1 # an interface's name has at most 15 characters
  state=$state_root/$1
  kubeconfig=$state/admin.kubeconfig
  node_name=$1-node
}

# The index decides every address, so that clusters can route to each other.
#   10.201.INDEX.0/30      the veth pair: .1 the host's end, .2 the cluster's, which is also the node's and the API server's
#   10.(100+INDEX).0.0/16  Pods: the first /24 real ones, from .16.0 on those of the fake nodes
use_index() {
  index=$1
  host_ip=10.201.$1.1
  node_ip=10.201.$1.2
  link_cidr=10.201.$1.0/30
  pod_prefix=10.$((100 + $1))
  pod_cidr=$pod_prefix.0.0/16
  real_pod_cidr=$pod_prefix.0.0/24
  api_server=https://$node_ip:6443
}

# Does the host already route these addresses somewhere? The default route does not count.
is_routed() {
  local address route
  for address in "$host_ip" "$pod_prefix.0.1"; do
    while read -r route; do
      [[ $route == default* || -z $route ]] || return 0
    done < <(ip -4 route show to match "$address")
  done
  return 1
}

# The lowest index that no other cluster and no route of the host has.
allocate_index() {
  local taken candidate
  taken=" $({ cat "$state_root"/*/index 2>/dev/null || true; } | tr '\n' ' ')"
  for ((candidate = 1; candidate <= max_index; candidate++)); do
    [[ $taken == *" $candidate "* ]] && continue
    use_index "$candidate"
    is_routed && continue
    mkdir -p "$state"
    echo "$candidate" >"$state/index"
    return
  done
  die "no range of addresses is free for another cluster"
}

load_index() {
  [[ -s $state/index ]] && use_index "$(<"$state/index")"
}

# The names of the other clusters that have a namespace.
other_clusters() {
  local folder name
  for folder in "$state_root"/*/; do
    name=$(basename "$folder")
    if [[ $name != "$cluster" && -s $folder/index && -e /run/netns/dst-$name ]]; then
      echo "$name"
    fi
  done
}
