# shellcheck shell=bash disable=SC2154 # what case.sh and lib.sh set
# What is secret stays in its Secret.

# Everything that people and programs look at: objects, arguments, environments, logs.
everything_seen() {
  local pod
  kube get pods,deployments,loadtests,configmaps,events --namespace "$namespace" --output yaml
  for pod in $(kube get pods --namespace "$namespace" --selector dst-load.dev/test=run --field-selector spec.nodeName="$cluster-node" --output name); do
    kube logs --namespace "$namespace" "$pod" --all-containers || true
  done
  for pod in $(kube get pods --namespace dst-load --selector app.kubernetes.io/component=operator --output name); do
    kube logs --namespace dst-load "$pod" --all-containers --since=10m || true
  done
}

# process_of POD: arguments and environment of its program, as the kernel has them.
process_of() {
  local pid
  pid=$(container_pid "$namespace" "$1")
  tr '\0' '\n' <"/proc/$pid/cmdline"
  tr '\0' '\n' <"/proc/$pid/environ"
}

case_secrets_stay_secret() {
  local secret pod
  start
  wait_until_midway
  secret=$(kube get secrets --namespace "$namespace" --selector dst-load.dev/test=run --output json | jq -r '.items[0].data.token | @base64d')
  ((${#secret} >= 32)) || fail "the run has no token to speak of"
  for pod in $(kube get pods --namespace "$namespace" --selector 'app in (churn-controller, client-controller)' --output json | jq -r '.items[].metadata.name'); do
    process_of "$pod" >>"$scratch/midway"
  done
  everything_seen >>"$scratch/midway"
  finish 300
  counts_add_up
  everything_seen >"$scratch/after"
  # That it is looked for where there is something to be seen.
  grep -q -- --coordinator-dir "$scratch/midway" || fail "the arguments of the workers are not to be seen"
  grep -q '"level":"info"' "$scratch/midway" || fail "no log is to be seen"
  ! grep -qF "$secret" "$scratch/midway" "$scratch/after" || fail "the run's token is to be seen"
  ! grep -qF "$(base64 -w0 <<<"$secret" | cut -c 1-40)" "$scratch/midway" "$scratch/after" || fail "the run's token is to be seen in base64"
  printf 'ok: %s lines, and no token in them\n' "$(cat "$scratch/midway" "$scratch/after" | wc -l)"
}
