# shellcheck shell=bash
# CoreDNS, as a real Deployment from an image that is made here.

start_dns() {
  local image=coredns:dst-load
  log "CoreDNS"
  import_image "$state" "$(static_image "$image" "$bin/coredns" 65532:65532)" "$image"
  sed -e "s/@image@/$image/" -e "s/@address@/$dns_service_ip/" "$repository/hack/cluster/manifests/coredns.yaml" | kube apply -f - >/dev/null
  wait_for kubelet 60 kube -n kube-system rollout status deployment/coredns --timeout=50s
}
