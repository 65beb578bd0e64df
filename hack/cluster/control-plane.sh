# shellcheck shell=bash
# etcd, API server, controller manager, scheduler. Their limits are raised so that on a small machine they are not what a
# load test measures.

# Without the lock: one that waits may outlive this script.
kube() { "$bin/kubectl" --kubeconfig "$kubeconfig" "$@" 9>&-; }

start_etcd() {
  # Plain HTTP on the namespace's own loopback, and no fsync: the cluster is thrown away.
  start etcd "$bin/etcd" --name "$cluster" --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster "$cluster=http://127.0.0.1:2380"
}

start_api_server() {
  start kube-apiserver "$bin/kube-apiserver" \
    --advertise-address "$node_ip" --secure-port 6443 --etcd-servers http://127.0.0.1:2379 \
    --service-cluster-ip-range "$service_cidr" --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --client-ca-file "$pki/ca.crt" --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$pki/service-accounts.pub" --service-account-signing-key-file "$pki/service-accounts.key" \
    --kubelet-certificate-authority "$pki/ca.crt" --kubelet-client-certificate "$pki/apiserver-kubelet-client.crt" \
    --kubelet-client-key "$pki/apiserver-kubelet-client.key" --kubelet-preferred-address-types InternalIP \
    --endpoint-reconciler-type lease --allow-privileged \
    --max-requests-inflight 800 --max-mutating-requests-inflight 400
}

start_controller_manager() {
  start kube-controller-manager "$bin/kube-controller-manager" \
    --kubeconfig "$state/controller-manager.kubeconfig" \
    --authentication-kubeconfig "$state/controller-manager.kubeconfig" \
    --authorization-kubeconfig "$state/controller-manager.kubeconfig" \
    --root-ca-file "$pki/ca.crt" --service-account-private-key-file "$pki/service-accounts.key" \
    --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
    --use-service-account-credentials --leader-elect=false \
    --kube-api-qps 500 --kube-api-burst 1000 --concurrent-deployment-syncs 20 --concurrent-replicaset-syncs 20 \
    --concurrent-service-endpoint-syncs 20 --concurrent-endpoint-syncs 20 --concurrent-namespace-syncs 20
}

start_scheduler() {
  cat >"$state/scheduler.yaml" <<EOF
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: $state/scheduler.kubeconfig, qps: 500, burst: 1000}
EOF
  start kube-scheduler "$bin/kube-scheduler" --config "$state/scheduler.yaml" \
    --authentication-kubeconfig "$state/scheduler.kubeconfig" --authorization-kubeconfig "$state/scheduler.kubeconfig"
}

start_control_plane() {
  log "etcd and API server"
  start_etcd
  start_api_server
  wait_for kube-apiserver 90 kube get --raw /readyz
  log "API server is ready"
  # Not sooner: without the API server's own first RBAC objects they end at once.
  start_controller_manager
  start_scheduler
  # Lets `kubectl logs` and `exec` through to kubelet.
  kube apply -f "$repository/hack/cluster/manifests/kubelet-api.yaml" >/dev/null
  wait_for kube-controller-manager 60 kube get serviceaccount default
}
