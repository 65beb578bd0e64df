# shellcheck shell=bash disable=SC2154 # what the sourcing script sets: $kubectl, an array
# Looking at LoadTests through kubectl. For the quickstart and the end-to-end tests.

# kube ARGUMENTS...: kubectl, never waiting longer than a minute for an answer unless told so.
kube() { "${kubectl[@]}" --request-timeout=60s "$@"; }

# field NAMESPACE NAME JQ: one value of a LoadTest, "" when it is absent.
field() { kube get loadtest "$2" --namespace "$1" --output json | jq -r "($3) // \"\""; }

# progress_line NAMESPACE NAME: where a LoadTest is, in a line of fixed columns.
progress_line() {
  kube get loadtest "$2" --namespace "$1" --output json | jq -r '.status // {} | [
      .phase // "-", .churn.step // "-", .cycles // "-",
      "\(.client.streams // 0)/\(.client.targetStreams // 0)", (.client.updates // 0 | tostring), (.client.missing // 0 | tostring),
      .latency.endToEnd.p50 // "-", .latency.endToEnd.p99 // "-", .message // ""] | @tsv' |
    awk -F '\t' '{ printf "%-10s %-10s %-6s %-10s %-9s %-7s %-8s %-8s %s\n", $1, $2, $3, $4, $5, $6, $7, $8, substr($9, 1, 90) }'
}

progress_heading() {
  printf '%-10s %-10s %-6s %-10s %-9s %-7s %-8s %-8s %s\n' PHASE STEP CYCLES STREAMS UPDATES MISSING P50 P99 MESSAGE
}

is_complete() {
  [[ $(field "$1" "$2" '.status.conditions[]? | select(.type == "Complete") | .status') == True ]]
}

# watch_loadtest NAMESPACE NAME SECONDS: prints where it is whenever that changes, until it is complete. Fails when it is
# not complete in time.
watch_loadtest() {
  local limit=$((SECONDS + $3)) line="" last="" complete
  progress_heading
  while :; do
    complete=""
    if is_complete "$1" "$2" 2>/dev/null; then complete=1; fi
    if line=$(progress_line "$1" "$2" 2>/dev/null) && [[ $line != "$last" ]]; then
      printf '%s\n' "$line"
      last=$line
    fi
    [[ ! $complete ]] || return 0
    ((SECONDS < limit)) || return 1
    sleep 2
  done
}

# explain NAMESPACE: everything that helps to see why a test of this namespace went wrong.
explain() {
  printf '\n== LoadTests of %s\n' "$1"
  kube get loadtests --namespace "$1" --output yaml || true
  printf '\n== objects\n'
  kube get pods,deployments,services,secrets,configmaps,rolebindings --namespace "$1" --selector app.kubernetes.io/part-of=dst-load --output wide || true
  printf '\n== events\n'
  kube get events --namespace "$1" --sort-by=.lastTimestamp --field-selector type!=Normal | tail -n 40 || true
  kube get events --namespace "$1" --field-selector involvedObject.kind=LoadTest | tail -n 40 || true
  local pod
  for pod in $(kube get pods --namespace "$1" --selector 'app in (churn-controller,client-controller)' --output name 2>/dev/null); do
    printf '\n== log of %s\n' "$pod"
    kube logs --namespace "$1" "$pod" --tail=60 --all-containers || true
  done
  printf '\n== operators\n'
  local folder ours='app.kubernetes.io/component in (operator, reference)'
  for folder in dst-load "$1"; do
    kube get pods --namespace "$folder" --selector "$ours" --output wide || true
    for pod in $(kube get pods --namespace "$folder" --selector "$ours" --output name 2>/dev/null); do
      printf '\n== log of %s in %s\n' "$pod" "$folder"
      kube logs --namespace "$folder" "$pod" --tail=80 --all-containers || true
      kube logs --namespace "$folder" "$pod" --tail=20 --all-containers --previous 2>/dev/null || true
    done
  done
}
