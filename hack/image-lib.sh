# shellcheck shell=bash
# Container images without a container engine or a registry: an archive as `docker save` writes it is a tar of a layer, a
# configuration and a manifest. Source lib.sh first.

image_cache=${dst_load_cache:?}/images

# The same tree gives the same bytes.
reproducible_tar() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --format=gnu "$@"; }

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

# make_image NAME:TAG ROOTFS USER ENTRYPOINT...: makes an image of one layer and prints the path of its archive.
make_image() {
  local name=$1 rootfs=$2 user=$3 work layer config archive
  shift 3
  mkdir -p "$image_cache"
  find "$image_cache" -maxdepth 1 -name '.making-*' -mmin +60 -exec rm -rf {} + # of killed runs
  work=$(mktemp -d "$image_cache/.making-XXXXXX")
  reproducible_tar -C "$rootfs" -cf "$work/layer.tar" .
  layer=$(sha256_of "$work/layer.tar")
  mv "$work/layer.tar" "$work/$layer.tar"
  jq -cn --arg layer "sha256:$layer" --arg user "$user" '{
      architecture: "amd64", os: "linux", created: "1970-01-01T00:00:00Z",
      config: {User: $user, Entrypoint: $ARGS.positional, WorkingDir: "/", Env: ["PATH=/usr/local/bin:/usr/bin:/bin"]},
      rootfs: {type: "layers", diff_ids: [$layer]},
      history: [{created: "1970-01-01T00:00:00Z", created_by: "dst-load hack/image-lib.sh"}]
    } | if .config.Entrypoint == [] then del(.config.Entrypoint) else . end' --args "$@" >"$work/config.json"
  config=$(sha256_of "$work/config.json")
  mv "$work/config.json" "$work/$config.json"
  jq -cn --arg config "$config.json" --arg name "$name" --arg layer "$layer.tar" \
    '[{Config: $config, RepoTags: [$name], Layers: [$layer]}]' >"$work/manifest.json"
  # Named by its content: the configuration's hash covers the layer's.
  archive=$image_cache/${name//[:\/]/_}-${config:0:16}.tar
  (cd "$work" && reproducible_tar -cf "$work/archive" manifest.json "$config.json" "$layer.tar")
  find "$image_cache" -maxdepth 1 -name "${name//[:\/]/_}-*.tar" ! -path "$archive" -mmin +60 -delete
  mv "$work/archive" "$archive"
  rm -rf "$work"
  echo "$archive"
}

# copy_with_libraries ROOTFS PROGRAM DESTINATION: a program and exactly the shared libraries that it loads, at the paths
# where the loader looks for them.
copy_with_libraries() {
  local rootfs=$1 program=$2 destination=$3 library listing
  install -D -m 755 "$program" "$rootfs$destination"
  listing=$(ldd "$program" 2>&1) || [[ $listing == *"not a dynamic executable"* ]] || die "ldd $program: $listing"
  [[ $listing != *"not found"* ]] || die "$program lacks a shared library: $listing"
  while read -r library; do
    # -L: what the link points at, under the name that the program asks for.
    [[ -e $rootfs$library ]] || install -D -m 755 "$(readlink -f "$library")" "$rootfs$library"
  done < <(grep -oE '/[^ ]+\.so[^ ]*' <<<"$listing" | sort -u)
}

# User 65532, as distroless images have it, and a folder for temporary files.
add_users() {
  local rootfs=$1
  mkdir -p "$rootfs/etc" "$rootfs/tmp"
  chmod 1777 "$rootfs/tmp"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$rootfs/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$rootfs/etc/group"
  printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$rootfs/etc/nsswitch.conf"
}

# import_image CLUSTER-STATE ARCHIVE NAME:TAG: into that cluster's containerd, unless it has it already.
import_image() {
  local cluster_state=$1 archive=$2 name=$3 stamp
  stamp=$cluster_state/images/${name//[:\/]/_}
  mkdir -p "$cluster_state/images"
  if [[ -s $stamp && $(<"$stamp") == "$archive" ]]; then
    return
  fi
  ctr -a "$cluster_state/containerd.sock" -n k8s.io images import "$archive" >/dev/null
  echo "$archive" >"$stamp"
}

# static_image NAME:TAG PROGRAM USER: an image of nothing but one static program, which is its entry point.
static_image() {
  local name=$1 program=$2 user=$3 rootfs
  rootfs=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-rootfs-XXXXXX")
  chmod 755 "$rootfs"
  add_users "$rootfs"
  install -D -m 755 "$program" "$rootfs/usr/local/bin/$(basename "$program")"
  make_image "$name" "$rootfs" "$user" "/usr/local/bin/$(basename "$program")"
  rm -rf "$rootfs"
}
