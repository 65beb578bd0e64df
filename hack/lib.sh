# shellcheck shell=bash
# What every script of this folder says and does the same way. Source it; it defines functions only.
# shellcheck disable=SC2034 # the scripts that source it use what is set here

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
dst_load_cache=${DST_LOAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dst-load}

# A line of progress on stderr, with the seconds since the script began. Stdout is for results.
log() { printf '%s: [%3d s] %s\n' "${0##*/}" "$SECONDS" "$*" >&2; }

readonly already_said=113

# die MESSAGE [EXIT-CODE]
die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  # In a command substitution this ends only the substitution; the parent must end without another message.
  ((BASH_SUBSHELL == 0 || ${2:-1} != 1)) || exit "$already_said"
  exit "${2:-1}"
}

# A command that fails where nobody expected it must not end a script without a word.
#   set -E; trap 'explain_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR
explain_failure() {
  ((BASH_SUBSHELL == 0)) || exit "$1"
  (($1 != already_said)) || exit 1
  printf '%s: line %s: failed: %s\n' "${0##*/}" "$2" "$3" >&2
  exit "$1"
}

bad_usage() { die "$1 (see --help)" 2; }

# need_value FLAG REST...: complains unless a value follows the flag.
need_value() { (($# >= 2)) || bad_usage "$1 needs a value"; }

need_root() { ((EUID == 0)) || die "must run as root: it makes network namespaces, mounts and cgroups"; }

# Folder with the named tools, building what is missing. Holds no lock of the caller (descriptor 9) meanwhile.
tools() { "$repository/hack/tools/build.sh" "$@" 9>&-; }
