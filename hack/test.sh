#!/usr/bin/env bash
# Runs every test and ends with one line that says how many passed, failed and were skipped.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
source "$here/testlib/results.sh"
source "$here/testlib/process.sh"
source "$here/testlib/catch.sh"
source "$here/testlib/build.sh"
source "$here/testlib/lint.sh"
source "$here/testlib/reasons.sh"
source "$here/testlib/dockerfile.sh"

readonly default_sections=(lint unit integration tsan e2e)
readonly all_sections=("${default_sections[@]}" bench tidy)

usage() {
  cat <<END
Usage: hack/test.sh [--only PATTERN] [SECTION...]

Installs what is missing, builds, runs, and ends with "N passed, N failed, N skipped". Exits 0 only when something ran
and nothing failed. Without a section: ${default_sections[*]}.

  lint         scripts, formatting, documents, the chart
  unit         every unit test, with AddressSanitizer and UndefinedBehaviorSanitizer
  integration  against a real kube-apiserver and etcd, with the same sanitizers; manifests against the API server;
               what Argo CD and Flux make of recorded objects
  tsan         what has threads, with ThreadSanitizer
  e2e          a whole cluster (as root; skipped otherwise); --only picks cases
  bench        benchmarks, from a release build
  tidy         clang-tidy over the sources that differ from origin's or the last commit (--only picks files instead)

  --only PATTERN   programs, cases or files whose name matches this regular expression

Environment:
  DST_LOAD_CACHE   where built tools are kept (default ~/.cache/dst-load)
  DST_LOAD_JOBS    compilers at a time (default: the processors)
END
}

# Compiled objects are shared by every clone, wherever it lies: nothing of the folder's name goes into the cache's key.
share_ccache() {
  export CCACHE_BASEDIR=$repository CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-10G} CCACHE_COMPILERCHECK=content
}

sanitizer_options() {
  local suppressions=$repository/hack/testlib
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
  export LSAN_OPTIONS=suppressions=$suppressions/lsan.supp:print_suppressions=0
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export TSAN_OPTIONS=suppressions=$suppressions/tsan.supp:ignore_noninstrumented_modules=1:halt_on_error=1:second_deadlock_stack=1
}

# The folder of tools that integration tests run, for them to find in DST_LOAD_TOOLS.
build_test_tools() {
  [[ -z ${DST_LOAD_TOOLS-} ]] || return 0
  log "tools: etcd, kube-apiserver, kubectl"
  # shellcheck disable=SC2016 # the inner shell expands them
  if ! run_bounded 2400 "$scratch/tools.log" bash -c '"$1" etcd kube-apiserver kubectl >"$2"' - "$here/tools/build.sh" "$scratch/tools.path"; then
    record failed 1 "tools"
    detail "tools" <"$scratch/tools.log"
    return 1
  fi
  DST_LOAD_TOOLS=$(<"$scratch/tools.path")
  export DST_LOAD_TOOLS
}

stage_unit() {
  build_programs asan "$repository/build/asan" unit "$only" || return 0
  run_programs "$repository/build/asan" unit "$only"
}

stage_integration() {
  build_test_tools || return 0
  check_manifests
  check_gitops
  build_programs asan "$repository/build/asan" integration "$only" || return 0
  run_programs "$repository/build/asan" integration "$only"
}

check_manifests() {
  [[ manifests =~ ${only:-.} ]] || return 0
  check_ledger 1200 manifests "$repository/test/integration/manifests/run.sh"
}

check_gitops() {
  [[ gitops =~ ${only:-.} ]] || return 0
  check_ledger 2400 gitops "$repository/test/integration/gitops/run.sh"
}

# The rooms that have threads. Of integration, what shares one client, one watch or one session between them.
readonly threaded='^(base|kube|coordination|operator|workers_[a-z]+)_unit$|^(kube|coordination)_integration$'

stage_tsan() {
  build_test_tools || return 0
  local names=$threaded
  [[ -z $only ]] || names=$only
  build_programs tsan "$repository/build/tsan" "unit|integration" "$names" || return 0
  run_programs "$repository/build/tsan" "unit|integration" "$names" "tsan: "
}

# check_ledger SECONDS NAME COMMAND...: COMMAND writes its own results, to the files that it gets as --results and --details.
check_ledger() {
  local limit=$1 name=$2 code=0
  shift 2
  : >"$scratch/$name.ledger"
  run_bounded "$limit" - "$@" --results "$scratch/$name.ledger" --details "$details" || code=$?
  cat "$scratch/$name.ledger" >>"$ledger"
  if [[ ! -s $scratch/$name.ledger ]]; then
    [[ $code -ne 0 || -z $only ]] || return 0
    record failed 1 "$name" "ended with code $code and no result"
  elif ((code == 124 || code == 137)); then
    record failed 1 "$name" "ran out of time"
  elif ((code)) && ! grep -q '^failed' "$scratch/$name.ledger"; then
    record failed 1 "$name" "ended with code $code"
  fi
}

stage_e2e() {
  check_ledger 2700 e2e "$repository/test/e2e/run.sh" ${only:+--only "$only"}
}

stage_bench() {
  build_programs release "$repository/build/bench" bench "$only" -DDST_LOAD_TESTS=ON || return 0
  run_programs "$repository/build/bench" bench "$only"
}

stage_tidy() {
  local base sources source
  run_bounded 300 "$scratch/tidy.log" cmake --preset dev -B "$repository/build/tidy" || { record failed 1 "configure tidy"; return 0; }
  base=$(git rev-parse --verify --quiet origin/main || git rev-parse --verify --quiet HEAD~1 || git rev-parse HEAD)
  if [[ -n $only ]]; then
    mapfile -t sources < <(project_files '*.cc' | awk -v only="$only" '$0 ~ only')
  else
    mapfile -t sources < <({ git diff --name-only "$base" -- '*.cc' && git ls-files --others --exclude-standard -- '*.cc'; } | sort -u)
  fi
  # Headers that protobuf generates must exist before anybody reads them.
  run_bounded 900 "$scratch/tidy.log" ninja -C "$repository/build/tidy" -j "$jobs" dst_load_proto || true
  for source in "${sources[@]}"; do
    [[ -f $source ]] || continue
    check "tidy: $source" clang-tidy-14 --quiet --extra-arg=-Wno-unknown-warning-option -p "$repository/build/tidy" "$source"
  done
}

clean_up() {
  local code=$?
  trap - EXIT INT TERM HUP
  stop_running
  rm -rf -- "$scratch"
  exit "$code"
}

stage() {
  local began=$SECONDS
  log "== $1"
  "stage_$1"
  log "== $1: $((SECONDS - began)) s; so far $(sum_of passed) passed, $(sum_of failed) failed, $(sum_of skipped) skipped"
}

main() {
  local section sections=()
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --only) need_value "$@" && only=$2 && shift ;;
      -*) bad_usage "unknown flag $1" ;;
      *)
        [[ " ${all_sections[*]} " == *" $1 "* ]] || bad_usage "unknown section $1"
        sections+=("$1")
        ;;
    esac
    shift
  done
  ((${#sections[@]})) || sections=("${default_sections[@]}")
  exec </dev/null
  cd "$repository"
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-test.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  ledger=$scratch/ledger details=$scratch/details
  : >"$ledger"
  : >"$details"
  share_ccache
  sanitizer_options
  if ! run_bounded 1200 - "$here/deps.sh"; then
    record failed 1 "hack/deps.sh"
    summarize
    return 1
  fi
  for section in "${sections[@]}"; do
    stage "$section"
  done
  summarize
}

only=""
jobs=${DST_LOAD_JOBS:-$(nproc)}
main "$@"
