# shellcheck shell=bash disable=SC2154 # what case.sh, lib.sh and own-operator.sh set
# The operator's token expires before the next one is there.

readonly service_account_folder=/var/run/secrets/kubernetes.io/serviceaccount

# token_bound_to SECRET: good for as long as that Secret exists.
token_bound_to() {
  kube create secret generic "$1" --namespace "$namespace" >/dev/null
  kube create token dst-load-operator --namespace "$namespace" --bound-object-kind Secret --bound-object-name "$1"
}

# put_token TOKEN: where kubelet mounts it from.
put_token() {
  kube create secret generic operator-token --namespace "$namespace" --dry-run=client --output yaml --from-literal=token="$1" \
    --from-literal=namespace="$namespace" --from-file=ca.crt="$state/pki/ca.crt" | kube apply --server-side --force-conflicts --filename -
}

unauthorized() { [[ $(kube logs --namespace "$namespace" "$(leader)" --since=20s) == *Unauthorized* ]]; }

case_token_expires() {
  kube create serviceaccount dst-load-operator --namespace "$namespace"
  kube annotate serviceaccount dst-load-operator --namespace "$namespace" meta.helm.sh/release-name=dst-load "meta.helm.sh/release-namespace=$namespace"
  kube label serviceaccount dst-load-operator --namespace "$namespace" app.kubernetes.io/managed-by=Helm
  put_token "$(token_bound_to first)"
  own_operator --set-json 'volumes=[{"name": "token", "secret": {"secretName": "operator-token"}}]' \
    --set-json "volumeMounts=[{\"name\": \"token\", \"mountPath\": \"$service_account_folder\", \"readOnly\": true}]"
  start
  wait_until_midway
  kube delete secret first --namespace "$namespace"
  wait_for 60 "the operator is refused" unauthorized
  put_token "$(token_bound_to second)"
  # Kubelet looks at a Pod that changes at once, and at others once a minute.
  kube annotate pod "$(leader)" --namespace "$namespace" e2e=new-token
  finish 300
  counts_add_up
}
