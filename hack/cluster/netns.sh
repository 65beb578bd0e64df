# shellcheck shell=bash
# The cluster's network namespace, and its routes. A blackhole default route inside means that nothing in the cluster
# can reach beyond this machine, whatever an address is mistaken for.

in_netns() { nsenter --net="/run/netns/$netns" "$@"; }

set_sysctl_in_netns() { in_netns sh -c "echo $2 >/proc/sys/$1"; }

make_netns() {
  log "network namespace $netns: node and API server at $node_ip, Pods in $pod_cidr"
  modprobe br_netfilter 2>/dev/null || true # built in, or kube-proxy's rules miss traffic within the bridge
  ip netns add "$netns"
  ip link add "$netns" type veth peer name eth0 netns "$netns"
  ip addr add "$host_ip/30" dev "$netns"
  ip link set "$netns" up
  # Only for this interface: the host does not become a router for others.
  echo 1 >"/proc/sys/net/ipv4/conf/$netns/forwarding"
  ip route add "$pod_cidr" via "$node_ip" dev "$netns"

  ip -n "$netns" link set lo up
  ip -n "$netns" addr add "$node_ip/30" dev eth0
  ip -n "$netns" link set eth0 up
  ip -n "$netns" route add blackhole default
  ip -n "$netns" -6 route add blackhole default metric 1 2>/dev/null || true # where the machine has IPv6
  set_sysctl_in_netns net/ipv4/ip_forward 1
  set_sysctl_in_netns net/bridge/bridge-nf-call-iptables 1
  check_routes
  connect_to_other_clusters
}

# A private address that is not ours leaves the machine, so nothing may be pointed at one before this has passed.
check_routes() {
  local route
  route=$(ip route get "$node_ip")
  [[ $route == *" dev $netns "* ]] || die "the host does not route $node_ip into $netns: $route"
  route=$(ip -n "$netns" route get "$node_ip")
  [[ $route == local* ]] || die "$node_ip is not local in $netns: $route"
}

# The flat network that the federated mode needs: every cluster's Pods and API server, from every other cluster.
connect_to_other_clusters() {
  local other other_index
  for other in $(other_clusters); do
    other_index=$(<"$state_root/$other/index")
    ip -n "$netns" route replace "10.$((100 + other_index)).0.0/16" via "$host_ip"
    ip -n "$netns" route replace "10.201.$other_index.0/30" via "$host_ip"
    ip -n "dst-$other" route replace "$pod_cidr" via "10.201.$other_index.1" 2>/dev/null || true
    ip -n "dst-$other" route replace "$link_cidr" via "10.201.$other_index.1" 2>/dev/null || true
  done
}

remove_netns() {
  local other
  ip link delete "$netns" 2>/dev/null || true # takes the host's routes along
  ip netns delete "$netns" 2>/dev/null || true
  [[ -n ${index:-} ]] || return 0
  for other in $(other_clusters); do
    ip -n "dst-$other" route delete "$pod_cidr" 2>/dev/null || true
    ip -n "dst-$other" route delete "$link_cidr" 2>/dev/null || true
  done
}
