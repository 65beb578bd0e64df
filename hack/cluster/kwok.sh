# shellcheck shell=bash
# KWOK and its fake nodes. Real Pods are kept off them by a taint; fake Pods choose them by the label `type: kwok`.

readonly max_fake_nodes=960

start_kwok() {
  start kwok "$bin/kwok" --kubeconfig "$state/kwok.kubeconfig" --config "$bin/kwok-stages.yaml" \
    --manage-all-nodes=false --manage-nodes-with-annotation-selector kwok.x-k8s.io/node=fake \
    --node-lease-duration-seconds 40 --cidr "$pod_prefix.16.0/20" --node-ip "$node_ip" --server-address 127.0.0.1:10247
}

# The longest ranges that give every one of COUNT nodes its own, from the upper fifteen sixteenths of the Pod network.
fake_prefix_length() {
  local length=20
  while ((15 << (length - 20) < $1)); do
    length=$((length + 1))
  done
  echo "$length"
}

# KWOK's address pool has no upper bound: it walks into the next node's range. So a node takes fewer Pods than its range
# has addresses; the reserve is for Pods that are on their way out.
fake_nodes() {
  local count=$1 length size address node
  length=$(fake_prefix_length "$count")
  size=$((1 << (32 - length)))
  for ((node = 0; node < count; node++)); do
    address=$((16 * 256 + node * size))
    cat <<EOF
---
apiVersion: v1
kind: Node
metadata:
  name: fake-$node
  annotations: {kwok.x-k8s.io/node: fake, node.alpha.kubernetes.io/ttl: "0"}
  labels:
    type: kwok
    kubernetes.io/hostname: fake-$node
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    node-role.kubernetes.io/fake: ""
spec:
  podCIDR: $pod_prefix.$((address / 256)).$((address % 256))/$length
  podCIDRs: [$pod_prefix.$((address / 256)).$((address % 256))/$length]
  taints: [{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}]
status:
  allocatable: {cpu: 1k, memory: 1Ti, pods: $((size * 15 / 16))}
  capacity: {cpu: 1k, memory: 1Ti, pods: $((size * 15 / 16))}
EOF
  done
}

make_fake_nodes() {
  local count=$1
  ((count > 0)) || return 0
  log "KWOK with $count fake nodes"
  fake_nodes "$count" | kube create -f - >/dev/null
  wait_for kwok 60 kube wait --for=condition=Ready node -l type=kwok --timeout=50s
}
