# shellcheck shell=bash disable=SC2154,SC2034 # what case.sh and lib.sh set
# Cases that need an operator of their own: installed in their namespace, looking at that namespace alone.

# own_operator [HELM-FLAG...]
own_operator() {
  install_here "$@"
  operator_namespace=$namespace
  wait_for 60 "an operator leads" has_leader
}
has_leader() { [[ -n $(leader) ]]; }

# leader_killed: its program dies, and starts again in the same Pod.
leader_killed() { kill_container "$namespace" "$(leader)"; }

# leader_gone: it dies together with its Pod, and gives no Lease back.
leader_gone() {
  local pod
  pod=$(leader)
  kill_container "$namespace" "$pod"
  kube delete pod "$pod" --namespace "$namespace" --grace-period=0 --force
}

# in_phase PHASE: waits for it, no longer than it takes to see it.
in_phase() {
  kube wait loadtest/run --namespace "$namespace" --for="jsonpath={.status.phase}=$1" --timeout=120s --request-timeout=130s
}

# What is left at work of a test that is over.
workers_are_gone() {
  local deployment pods
  deployment=$(kube get deployment run-client --namespace "$namespace" --ignore-not-found --output name) &&
    pods=$(kube get pods --namespace "$namespace" --selector dst-load.dev/test=run --field-selector status.phase=Running --output name) &&
    [[ -z $deployment$pods ]]
}

# The node's address, from which Pods reach what runs there.
node_address() {
  use_index "$(<"$state/index")"
  printf '%s' "$node_ip"
}

# start_proxy FAULTS: a proxy before the API server. Sets proxy_port, and proxy_faults and proxy_count, its files.
start_proxy() {
  local folder=$scratch/proxy turn
  mkdir -p "$folder"
  proxy_port=$((20000 + $$ % 20000)) proxy_faults=$folder/faults proxy_count=$folder/count
  printf '%s' "$1" >"$proxy_faults"
  pki=$folder
  cp "$state"/pki/ca.{crt,key} "$folder/"
  certificate proxy /CN=fault-proxy "IP:$(node_address)"
  nsenter --net="/run/netns/$netns" "$repository/build/release/test/e2e/dst_load_fault_proxy" --server https://127.0.0.1:6443 \
    --authority "$folder/ca.crt" --certificate "$folder/proxy.crt" --key "$folder/proxy.key" --port "$proxy_port" \
    --faults "$proxy_faults" --count "$proxy_count" >"$folder/log" 2>&1 &
  at_exit+=("kill $! && wait $!")
  for ((turn = 0; turn < 50; turn++)); do
    [[ ! -s $proxy_count ]] || return 0
    sleep 0.1
  done
  cat "$folder/log"
  fail "the proxy did not start"
}

# faults_injected: how often a fault did something so far.
faults_injected() { cat "$proxy_count"; }

# set_faults JSON: from the next request on.
set_faults() { printf '%s' "$1" >"$proxy_faults"; }

# through_proxy: what makes a Pod take the proxy for its API server.
through_proxy() { printf '[{"name":"KUBERNETES_SERVICE_HOST","value":"%s"},{"name":"KUBERNETES_SERVICE_PORT","value":"%s"}]' "$(node_address)" "$proxy_port"; }
