# shellcheck shell=bash
# Keys and certificates: one authority, real identities, verified by everybody.

make_authority() {
  pki=$state/pki
  mkdir -p "$pki"
  chmod 700 "$pki"
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki/ca.key"
  openssl req -x509 -new -key "$pki/ca.key" -subj "/CN=dst-load-$cluster" -days 365 -out "$pki/ca.crt" \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
  # Signs the service accounts' tokens.
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki/service-accounts.key"
  openssl ec -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub" 2>/dev/null
}

# certificate NAME SUBJECT [ALTERNATIVE-NAMES]
certificate() {
  local name=$1 subject=$2 names=${3:-}
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki/$name.key"
  openssl req -new -key "$pki/$name.key" -subj "$subject" -out "$pki/$name.csr"
  openssl x509 -req -in "$pki/$name.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 365 -out "$pki/$name.crt" \
    -extfile <(
      echo "basicConstraints=CA:false"
      echo "keyUsage=critical,digitalSignature"
      echo "extendedKeyUsage=${names:+serverAuth,}clientAuth"
      [[ -z $names ]] || echo "subjectAltName=$names"
    ) 2>/dev/null
  rm "$pki/$name.csr"
}

# kubeconfig_for NAME SUBJECT FILE: an identity, ready for use.
kubeconfig_for() {
  certificate "$1" "$2"
  (
    umask 077
    cat >"$3" <<EOF
apiVersion: v1
kind: Config
current-context: $netns
clusters:
- name: $netns
  cluster:
    server: $api_server
    certificate-authority-data: $(base64 -w0 "$pki/ca.crt")
contexts:
- name: $netns
  context: {cluster: $netns, user: $1}
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 "$pki/$1.crt")
    client-key-data: $(base64 -w0 "$pki/$1.key")
EOF
  )
}

make_certificates() {
  log "certificates"
  make_authority
  certificate apiserver "/CN=kube-apiserver" \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:$api_service_ip,IP:$node_ip,IP:127.0.0.1"
  certificate apiserver-kubelet-client "/CN=kube-apiserver-kubelet-client"
  certificate kubelet-server "/O=system:nodes/CN=system:node:$node_name" "DNS:$node_name,IP:$node_ip"
  kubeconfig_for admin "/O=system:masters/CN=admin" "$kubeconfig"
  kubeconfig_for controller-manager "/CN=system:kube-controller-manager" "$state/controller-manager.kubeconfig"
  kubeconfig_for scheduler "/CN=system:kube-scheduler" "$state/scheduler.kubeconfig"
  kubeconfig_for kubelet "/O=system:nodes/CN=system:node:$node_name" "$state/kubelet.kubeconfig"
  kubeconfig_for kube-proxy "/CN=system:kube-proxy" "$state/kube-proxy.kubeconfig"
  # In system:masters, so that API priority and fairness lets it through first, as KWOK's own manifests have it: the fake
  # nodes must never be what a load test waits for.
  kubeconfig_for kwok "/O=system:masters/CN=kwok-controller" "$state/kwok.kubeconfig"
}
