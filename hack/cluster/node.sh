# shellcheck shell=bash
# The real node: containerd, kubelet and kube-proxy, with folders, sockets and cgroups of this cluster's own.

start_containerd() {
  mkdir -p "$state/cni"
  cat >"$state/containerd.toml" <<EOF
version = 2
root = "$state/containerd"
state = "$state/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$state/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  # Where CAP_SYS_RESOURCE is missing, sandboxes cannot have the -998 that kubelet asks for, and die.
  restrict_oom_score_adj = true
  # So that everything mounted is below our folder, and is found there when it must be unmounted.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "$state/run/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/cni"
EOF
  # No masquerade: the clusters' networks are flat.
  cat >"$state/cni/10-bridge.conflist" <<EOF
{"cniVersion": "0.4.0", "name": "$netns", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$state/cni-addresses",
            "ranges": [[{"subnet": "$real_pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "loopback"}]}
EOF
  start containerd containerd --config "$state/containerd.toml"
  wait_for containerd 30 ctr -a "$state/containerd.sock" version
}

# kubelet's cgroups are below one of our own. Under cgroup v1 a new cpuset is empty, and nothing can be put into it.
make_cgroups() {
  local controller file
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mkdir -p "/sys/fs/cgroup/$netns"
    for controller in $(</sys/fs/cgroup/cgroup.controllers); do
      echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
    done
    return
  fi
  for controller in /sys/fs/cgroup/*/; do
    mkdir -p "$controller$netns"
  done
  for file in cpuset.cpus cpuset.mems; do
    cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$netns/$file"
  done
}

start_kubelet() {
  make_cgroups
  # The host's name servers are out of reach from inside.
  echo "nameserver 127.0.0.1" >"$state/resolv.conf"
  cat >"$state/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$state/containerd.sock
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $pki/kubelet-server.crt
tlsPrivateKeyFile: $pki/kubelet-server.key
clusterDNS: [$dns_service_ip]
clusterDomain: cluster.local
resolvConf: $state/resolv.conf
cgroupDriver: cgroupfs
cgroupRoot: /$netns
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
podLogsDir: $state/pod-logs
volumePluginDir: $state/volume-plugins
# Images were imported; there is nowhere to fetch one again from, and the disk is not ours to judge.
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
maxPods: 200
EOF
  start kubelet "$bin/kubelet" --config "$state/kubelet.yaml" --kubeconfig "$state/kubelet.kubeconfig" \
    --root-dir "$state/kubelet" --cert-dir "$pki" --hostname-override "$node_name" --node-ip "$node_ip"
}

start_kube_proxy() {
  # conntrack's limits are the machine's, not ours to set.
  cat >"$state/kube-proxy.yaml" <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $state/kube-proxy.kubeconfig}
mode: iptables
clusterCIDR: $pod_cidr
hostnameOverride: $node_name
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
EOF
  start kube-proxy "$bin/kube-proxy" --config "$state/kube-proxy.yaml"
}

is_node_ready() { kube wait --for=condition=Ready "node/$node_name" --timeout=1s; }

start_node() {
  log "containerd, kubelet and kube-proxy"
  start_containerd
  import_image "$state" "$(static_image "$pause_image" "$bin/pause" 65532:65532)" "$pause_image"
  start_kubelet
  start_kube_proxy
  wait_for kubelet 60 is_node_ready
  log "node $node_name is ready"
}
