# shellcheck shell=bash disable=SC2154 # what the sourcing script sets: $repository
# The Dockerfile's list of packages. Their names have versions in them, and without Docker nobody sees that one is missing.

# runtime_packages DOCKERFILE: what its last stage installs.
runtime_packages() {
  awk '/^FROM/ { stage = "" } !/^#/ { sub(/\\$/, ""); stage = stage " " $0 } END { print stage }' "$1" |
    sed -nE 's/.* --no-install-recommends ([^&]*)&&.*/\1/p' | xargs -r printf '%s\n'
}

# depends_of PACKAGE...: what they depend on, without versions; of alternatives the first. What is not installed has none.
depends_of() {
  { dpkg-query --show --showformat '${Depends},${Pre-Depends},' "$@" 2>/dev/null || true; } | tr ',' '\n' |
    sed -nE 's/^ *([^ :|]+).*/\1/p' | sort -u
}

# with_dependencies PACKAGE...: they, and all that they need in turn.
with_dependencies() {
  local known="" packages
  packages=$(printf '%s\n' "$@" | sort -u)
  while [[ $packages != "$known" ]]; do
    known=$packages
    packages=$(mapfile -t each <<<"$known" && { echo "$known" && depends_of "${each[@]}"; } | sort -u)
  done
  echo "$packages"
}

is_installed() { [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# What the programs are compiled against is in the image, and nothing that they are not compiled with.
lint_dockerfile() {
  local packages compiled offered installed package libraries wrong=0
  mapfile -t packages < <(runtime_packages "$repository/Dockerfile")
  mapfile -t compiled < <("$repository/hack/deps.sh" --build-only --list)
  ((${#packages[@]} && ${#compiled[@]})) || { echo "the Dockerfile or hack/deps.sh installs nothing"; return 1; }
  for package in "${compiled[@]}"; do
    is_installed "$package" || { echo "$package is not installed: hack/deps.sh"; wrong=1; }
  done
  ((!wrong)) || return 1  # what is not installed says nothing of what it needs
  offered=$({ printf '%s\n' "${compiled[@]}" && depends_of "${compiled[@]}"; } | sort -u)
  for package in "${packages[@]}"; do
    grep -qxF -- "$package" <<<"$offered" || { echo "the Dockerfile installs $package, and nothing of hack/deps.sh needs it"; wrong=1; }
  done
  installed=$(with_dependencies "${packages[@]}")
  # Data that the programs read, as in hack/image.sh.
  for package in ca-certificates tzdata; do
    grep -qxF -- "$package" <<<"$installed" || { echo "the Dockerfile does not install $package"; wrong=1; }
  done
  for package in "${compiled[@]}"; do
    [[ $package == *-dev ]] || continue
    libraries=$(depends_of "$package" | grep -vE -e '-dev$' | grep -E '^lib|^zlib' || true)
    if [[ $libraries ]] && ! grep -qxF -- "$libraries" <<<"$installed"; then
      echo "the Dockerfile installs none of ${libraries//$'\n'/, }, for $package"
      wrong=1
    fi
  done
  return "$wrong"
}
